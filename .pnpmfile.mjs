/**
 * deepagents 1.14.1 asks for langsmith <0.10 as a peer, and loads "langsmith/experimental/sandbox", which is in no later one.
 * @langchain/core 1.4 brings langsmith >=0.11 as a dependency of its own, and our tests of tracing use that. So deepagents
 * gets the last one it can load as a dependency of its own: packageExtensions can add one, but not take away a peer.
 */
export const hooks = {
  readPackage(pkg) {
    if (pkg.name !== "deepagents") return pkg;
    const { langsmith: _, ...peerDependencies } = pkg.peerDependencies;
    return { ...pkg, peerDependencies, dependencies: { ...pkg.dependencies, langsmith: "0.9.0" } };
  },
};
