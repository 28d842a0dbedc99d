using Skiff.Agent.RuntimeSpec;

namespace Skiff.Agent.Cdi;

/// <summary>What devices change of a container (CDI specification, "Container Edits").</summary>
internal sealed record CdiEdits
{
    private static readonly string[] s_hooks =
        ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"];

    /// <summary>Nothing.</summary>
    public static CdiEdits None { get; } = new();

    /// <summary>KEY=VALUE.</summary>
    public string[] Env { get; init; } = [];

    /// <summary>Nodes in /dev.</summary>
    public CdiDeviceNode[] DeviceNodes { get; init; } = [];

    /// <summary>Mounts.</summary>
    public CdiMount[] Mounts { get; init; } = [];

    /// <summary>Programs to be run along its life.</summary>
    public HookSet Hooks { get; init; } = HookSet.None;

    /// <summary>Groups of its first process.</summary>
    public uint[] AdditionalGids { get; init; } = [];

    /// <summary>Network devices that move into it: the host's name and the one inside.</summary>
    public (string Name, string NewName)[] NetDevices { get; init; } = [];

    /// <summary>Whether there is nothing to do.</summary>
    public bool IsEmpty => Env.Length + DeviceNodes.Length + Mounts.Length + AdditionalGids.Length + NetDevices.Length
        == 0 && Hooks.IsEmpty;

    /// <summary>Reads containerEdits.</summary>
    public static CdiEdits Read(SpecNode node, CdiVersion version)
    {
        node.Only("env", "deviceNodes", "mounts", "hooks", "additionalGids", "intelRdt", "netDevices");
        if (node.Has("intelRdt")) throw node.Wrong("intelRdt", "is not supported");
        version.Require(node, "additionalGids", "0.7.0");
        version.Require(node, "netDevices", "1.1.0");
        (string Kind, HookEntry Hook)[] hooks = node.Items("hooks", ReadHook);
        return new CdiEdits
        {
            Env = Variables(node),
            DeviceNodes = node.Items("deviceNodes", item => CdiDeviceNode.Read(item, version)),
            Mounts = node.Items("mounts", item => CdiMount.Read(item, version)),
            Hooks = HookSet.Of(kind => [.. hooks.Where(row => row.Kind == kind).Select(row => row.Hook)]),
            // Root's group is nothing to be given away.
            AdditionalGids = [.. node.Numbers("additionalGids").Where(gid => gid != 0)],
            NetDevices = NetDevicesOf(node),
        };
    }

    /// <summary>These, and then the others.</summary>
    public CdiEdits Then(CdiEdits others) => new()
    {
        Env = [.. Env, .. others.Env],
        // The later one of a path counts.
        DeviceNodes = [.. DeviceNodes.Where(node => !others.DeviceNodes.Any(o => o.Path == node.Path)),
            .. others.DeviceNodes],
        Mounts = [.. Mounts.Where(mount => !others.Mounts.Any(o => o.ContainerPath == mount.ContainerPath)),
            .. others.Mounts],
        Hooks = Hooks.Then(others.Hooks),
        AdditionalGids = [.. AdditionalGids, .. others.AdditionalGids],
        NetDevices = [.. NetDevices, .. others.NetDevices],
    };

    private static string[] Variables(SpecNode node)
    {
        string[] variables = node.Texts("env");
        for (int i = 0; i < variables.Length; i++)
            if (variables[i].IndexOf('=') <= 0)
                throw node.Wrong($"env[{i}]", $"is \"{variables[i]}\", NAME=VALUE is wanted");
        return variables;
    }

    private static (string Kind, HookEntry Hook) ReadHook(SpecNode node)
    {
        node.Only("hookName", "path", "args", "env", "timeout");
        string kind = node.Text("hookName");
        if (Array.IndexOf(s_hooks, kind) < 0)
            throw node.Wrong("hookName", $"is \"{kind}\"; known are {string.Join(", ", s_hooks)}");
        Variables(node);
        return (kind, HookEntry.Read(node));
    }

    private static (string Name, string NewName)[] NetDevicesOf(SpecNode node)
    {
        (string Name, string NewName)[] devices = node.Items("netDevices", item =>
        {
            item.Only("hostInterfaceName", "name");
            foreach (string field in (ReadOnlySpan<string>)["hostInterfaceName", "name"])
                if (item.Text(field).Length is 0 or > 15)
                    throw item.Wrong(field, $"is \"{item.Text(field)}\", 1 to 15 letters are wanted");
            return (item.Text("hostInterfaceName"), item.Text("name"));
        });
        if (devices.DistinctBy(d => d.Name).Count() < devices.Length
            || devices.DistinctBy(d => d.NewName).Count() < devices.Length)
            throw node.Wrong("netDevices", "has a name twice");
        return devices;
    }
}
