namespace Skiff.Agent.Api;

using static Skiff.Agent.Api.ScopeRule;

/// <summary>
/// What sockets with a scope do with each operation (docs/api.md). One that is not here is refused to both kinds: a
/// test makes sure that none is forgotten.
/// </summary>
internal static class ScopeTable
{
    /// <summary>The operation; whether it may be asked for where nothing may be changed; what a label means to it.
    /// </summary>
    public static readonly (string Name, bool Reads, ScopeRule Rule)[] Rows =
    [
        ("SystemPing", true, Free), ("SystemPingHead", true, Free), ("SystemVersion", true, Free),
        ("SystemInfo", true, Free), ("SystemEvents", true, Handled), ("SystemDataUsage", true, Refused),
        // What a registry answers is asked of it with the host's or the client's name.
        ("SystemAuth", false, Free), ("DistributionInspect", false, Free), ("ImageSearch", false, Free),
        ("ImageList", true, Free), ("ImageInspect", true, Free), ("ImageHistory", true, Free),
        // By name from a registry, and not from a client's tar: an image under another's name would run as the other.
        ("ImageCreate", false, Handled), ("ImageGet", false, Refused), ("ImageGetAll", false, Refused),
        ("ImageLoad", false, Refused), ("ImagePush", false, Refused), ("ImageTag", false, Refused),
        ("ImageDelete", false, Refused), ("ImagePrune", false, Refused), ("ImageCommit", false, Refused),
        ("ImageBuild", false, Refused), ("BuildPrune", false, Refused), ("Session", false, Refused),
        ("ContainerList", true, Handled), ("ContainerCreate", false, Handled), ("ContainerPrune", false, Handled),
        ("ContainerInspect", true, Container), ("ContainerTop", true, Container), ("ContainerStats", true, Container),
        ("ContainerChanges", true, Container), ("ContainerStart", false, Container),
        ("ContainerStop", false, Container), ("ContainerRestart", false, Container),
        ("ContainerKill", false, Container), ("ContainerPause", false, Container),
        ("ContainerUnpause", false, Container), ("ContainerRename", false, Container),
        ("ContainerWait", false, Container), ("ContainerUpdate", false, Container),
        ("ContainerDelete", false, Container), ("ContainerResize", false, Container),
        // What is inside a container, or comes out of it, may be a secret.
        ("ContainerLogs", false, Container), ("ContainerAttach", false, Container),
        ("ContainerAttachWebsocket", false, Container), ("ContainerExport", false, Container),
        ("ContainerArchive", false, Container), ("ContainerArchiveInfo", false, Container),
        ("PutContainerArchive", false, Container), ("ContainerExec", false, Container),
        ("ExecStart", false, Exec), ("ExecResize", false, Exec), ("ExecInspect", true, Exec),
        ("NetworkList", true, Handled), ("NetworkInspect", true, Network), ("NetworkCreate", false, Handled),
        ("NetworkConnect", false, Handled), ("NetworkDisconnect", false, Handled), ("NetworkDelete", false, Network),
        ("NetworkPrune", false, Handled),
        ("VolumeList", true, Handled), ("VolumeInspect", true, Volume), ("VolumeCreate", false, Handled),
        ("VolumeDelete", false, Handled), ("VolumePrune", false, Handled), ("VolumeUpdate", false, Volume),
        ("PluginList", true, Free), ("PluginInspect", true, Free), ("GetPluginPrivileges", false, Refused),
        ("PluginPull", false, Refused), ("PluginCreate", false, Refused), ("PluginEnable", false, Refused),
        ("PluginDisable", false, Refused), ("PluginUpgrade", false, Refused), ("PluginPush", false, Refused),
        ("PluginSet", false, Refused), ("PluginDelete", false, Refused),
    ];

    /// <summary>The row of an operation; one that refuses it if there is none.</summary>
    public static (string Name, bool Reads, ScopeRule Rule) Of(string operation) =>
        Array.Find(Rows, row => row.Name == operation);
}
