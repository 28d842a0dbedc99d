using Skiff.Agent.Containers;
using Skiff.Agent.Oci.Spec;
using Skiff.Interop;

namespace Skiff.Agent.Oci.Plan;

/// <summary>HOME, which the specification leaves to the runtime.</summary>
internal static class HomeVariable
{
    private const string Name = "HOME=";

    /// <summary>The process' environment, with HOME from the root's passwd unless it is there.</summary>
    public static string[] Add(ProcessSpec process, Fd root)
    {
        if (Array.Exists(process.Env, variable => variable.StartsWith(Name, StringComparison.Ordinal)))
            return process.Env;
        return [.. process.Env, Name + ImageUsers.Resolve(root, $"{process.Uid}", []).Home];
    }
}
