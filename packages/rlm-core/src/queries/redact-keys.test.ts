import { expect, it } from "vitest";
import { redactKeys } from "./redact-keys.ts";

it.each([
  [
    "Incorrect API key provided: sk-proj-abc123*****Xyz9. You can find",
    "Incorrect API key provided: [key] You can find",
  ],
  ["bad key sk-ant-api03-AbCdEf_123-45 here", "bad key [key] here"],
  ["header Authorization: Bearer abc.def-123456 refused", "header Authorization: Bearer [key] refused"],
  ["Authorization: Basic dXNlcjpwYXNzd29yZDEyMw==", "Authorization: Basic [key]"],
  [
    "GET https://host/v1beta/models?key=AIzaSyA1234567890abcdefg&alt=sse",
    "GET https://host/v1beta/models?key=[key]&alt=sse",
  ],
  ['{"api_key":"local-secret-1"}', '{"api_key":"[key]"}'],
  ["x-api-key: my-own-secret", "x-api-key: [key]"],
  ["gsk_abcdefghijklmnop and hf_abcdefghijklmnop", "[key] and [key]"],
])("redactKeys() of %s", (text, redacted) => {
  expect(redactKeys(text)).toBe(redacted);
});

it.each([
  "429 Rate limit reached on tokens per min (TPM): Limit 30000, Used 29000",
  "This model's maximum context length is 8192 tokens",
  "Unexpected token: } in JSON at position 5",
  "basic authentication is required, bearer authentication is not",
  "model: task-list-summary-large not found",
  "connect ECONNREFUSED 127.0.0.1:11434",
])("redactKeys() leaves %s", (text) => {
  expect(redactKeys(text)).toBe(text);
});
