using System.Text.Json;
using Skiff.Agent.Manager;
using Skiff.Agent.RuntimeSpec;

namespace Skiff.Agent.Oci.Spec;

/// <summary>config.json of a bundle (OCI runtime specification 1.3, "Configuration").</summary>
internal sealed record ContainerSpec
{
    /// <summary>The newest specification that this runtime knows.</summary>
    public const string Version = "1.3.0";

    /// <summary>ociVersion.</summary>
    public required string OciVersion { get; init; }

    /// <summary>root.path as it is written.</summary>
    public required string RootPath { get; init; }

    /// <summary>root.readonly.</summary>
    public bool RootReadOnly { get; init; }

    /// <summary>process; a container can be created without one, not started.</summary>
    public ProcessSpec? Process { get; init; }

    /// <summary>hostname.</summary>
    public string Hostname { get; init; } = "";

    /// <summary>domainname.</summary>
    public string Domainname { get; init; } = "";

    /// <summary>mounts, in their order.</summary>
    public MountEntry[] Mounts { get; init; } = [];

    /// <summary>hooks, by kind.</summary>
    public required HookSet Hooks { get; init; }

    /// <summary>annotations.</summary>
    public required Dictionary<string, string> Annotations { get; init; }

    /// <summary>linux.</summary>
    public required LinuxSpec Linux { get; init; }

    /// <summary>Fields that the specification doesn't have, which it wants to be ignored.</summary>
    public IReadOnlyList<string> Unknown { get; init; } = [];

    /// <summary>Reads the document.</summary>
    /// <exception cref="UsageException">It is no valid config.json, or asks for what this runtime doesn't have; the
    /// message names the field.</exception>
    public static ContainerSpec Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? Read(document.RootElement)
                : throw new UsageException("config.json is no JSON object");
        }
        catch (JsonException e)
        {
            throw new UsageException($"config.json is no valid JSON: {e.Message}");
        }
        catch (UsageException e)
        {
            throw new UsageException(e.Message.StartsWith("config.json", StringComparison.Ordinal) ? e.Message
                : $"config.json: {e.Message}");
        }
    }

    private static ContainerSpec Read(JsonElement element)
    {
        List<string> unknown = SpecFields.Check(element);
        var node = new SpecNode(element, "");
        string version = node.Text("ociVersion");
        if (!version.StartsWith("1.", StringComparison.Ordinal))
            throw node.Wrong("ociVersion", version.Length == 0 ? "is missing"
                : $"is \"{version}\"; versions 1.0 to {Version} are known");
        if (node.Child("root") is not { } root || root.Text("path").Length == 0)
            throw node.Wrong("root.path", "is missing");
        return new ContainerSpec
        {
            OciVersion = version,
            RootPath = root.Text("path"),
            RootReadOnly = root.Flag("readonly"),
            Process = node.Child("process") is { } process ? ProcessSpec.Read(process) : null,
            Hostname = node.Text("hostname"),
            Domainname = node.Text("domainname"),
            Mounts = node.Items("mounts", MountEntry.Read),
            Hooks = HookSet.Read(node),
            Annotations = node.Pairs("annotations"),
            Linux = LinuxSpec.Read(node.Child("linux") ?? throw node.Wrong("linux", "is missing")),
            Unknown = unknown,
        };
    }
}
