using Skiff.Agent.RuntimeSpec;

namespace Skiff.Agent.Cdi;

/// <summary>A mount for the container.</summary>
/// <param name="HostPath">What is shown; nothing for memory.</param>
/// <param name="ContainerPath">Where, inside.</param>
/// <param name="IsMemory">A tmpfs; else what the host has there.</param>
/// <param name="Options">How.</param>
internal sealed record CdiMount(string HostPath, string ContainerPath, bool IsMemory, MountOptions Options)
{
    /// <summary>Reads mounts[].</summary>
    public static CdiMount Read(SpecNode node, CdiVersion version)
    {
        node.Only("hostPath", "containerPath", "options", "type");
        version.Require(node, "type", "0.4.0");
        string hostPath = node.Text("hostPath"), path = node.Text("containerPath"), type = node.Text("type");
        foreach (string field in (ReadOnlySpan<string>)["hostPath", "containerPath"])
            if (node.Text(field) is "") throw node.Wrong(field, "is missing");
        if (path.Trim('/').Length == 0 || !path.StartsWith('/'))
            throw node.Wrong("containerPath", $"is \"{path}\", an absolute path below / is wanted");
        if (type is not ("" or "bind" or "none" or "tmpfs"))
            throw node.Wrong("type", $"is \"{type}\"; known are bind and tmpfs");
        bool isMemory = type == "tmpfs";
        if (!isMemory && !hostPath.StartsWith('/'))
            throw node.Wrong("hostPath", $"is \"{hostPath}\", an absolute path is wanted");
        MountOptions options = MountOptions.Parse(node);
        if (!isMemory && options.Data.Count > 0)
            throw node.Wrong("options", $"has \"{options.Data[0]}\", which a bind mount doesn't have");
        if (options.IdMap || options.CopyUp)
            throw node.Wrong("options", "has idmap or tmpcopyup, which is not supported");
        return new CdiMount(hostPath, path.TrimEnd('/'), isMemory, options);
    }
}
