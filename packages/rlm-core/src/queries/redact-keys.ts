/** A provider's words without what looks like a key: servers repeat the one that they refuse, and messages of errors go into prompts and traces. */
export function redactKeys(text: string): string {
  return text
    .replaceAll(/\b(bearer)\s+(?=[^\s"',;]*[\d_-])[^\s"',;]{6,}/gi, "$1 [key]")
    .replaceAll(/\b(basic)\s+[\w+/]{16,}={0,2}/gi, "$1 [key]")
    .replaceAll(
      /\b((?:api|access|auth|secret)[-_ ]?(?:key|token)(?: provided)?["']?\s*[:=]\s*["']?)[^\s"',;&)]{4,}/gi,
      "$1[key]",
    )
    .replaceAll(/([?&]key=)[^\s"'&]+/gi, "$1[key]")
    .replaceAll(prefixed, "[key]");
}

// OpenAI, Anthropic, Groq, xAI, Hugging Face, GitHub, Replicate, Perplexity, NVIDIA; and Google's, which has no sign after its beginning.
const prefixed = /\b(?:(?:sk|pk|rk|gsk|xai|hf|ghp|github_pat|r8|pplx|nvapi)[-_][\w*-]{6,}|AIza[\w*-]{10,})/g;
