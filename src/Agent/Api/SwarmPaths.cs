namespace Skiff.Agent.Api;

/// <summary>What belongs to Swarm: a daemon outside of one answers all of it alike.</summary>
internal static class SwarmPaths
{
    /// <summary>Docker's text.</summary>
    public const string Message = "This node is not a swarm manager. Use \"docker swarm init\" or "
        + "\"docker swarm join\" to connect this node to swarm and try again.";

    private static readonly string[] s_roots = ["/swarm", "/services", "/tasks", "/nodes", "/secrets", "/configs"];

    /// <summary>Whether a path is one of them.</summary>
    public static bool IsOne(string path) => Array.Exists(s_roots, root =>
        path.StartsWith(root, StringComparison.Ordinal) && (path.Length == root.Length || path[root.Length] == '/'));
}
