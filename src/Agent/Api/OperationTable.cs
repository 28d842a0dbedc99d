namespace Skiff.Agent.Api;

/// <summary>
/// All operations of the Engine API 1.51. More exact paths stand before those that would take them for a name. A test
/// compares the table with the published description: what is in neither of both lists fails it.
/// </summary>
internal static class OperationTable
{
    /// <summary>What is answered.</summary>
    public static readonly Operation[] Rows =
    [
        new("GET", "/_ping", "SystemPing", SystemOperations.Ping),
        new("HEAD", "/_ping", "SystemPingHead", SystemOperations.Ping),
        new("GET", "/version", "SystemVersion", SystemOperations.Version),
        new("GET", "/info", "SystemInfo", SystemOperations.Info),
        new("GET", "/containers/json", "ContainerList", ContainerListing.List),
        new("POST", "/containers/create", "ContainerCreate", ContainerCreation.Create),
        new("POST", "/containers/prune", "ContainerPrune", ContainerOperations.Prune),
        new("GET", "/containers/{id}/json", "ContainerInspect", ContainerListing.Inspect),
        new("POST", "/containers/{id}/start", "ContainerStart", ContainerOperations.Start),
        new("POST", "/containers/{id}/stop", "ContainerStop", ContainerOperations.Stop),
        new("POST", "/containers/{id}/restart", "ContainerRestart", ContainerOperations.Restart),
        new("POST", "/containers/{id}/kill", "ContainerKill", ContainerOperations.Kill),
        new("POST", "/containers/{id}/pause", "ContainerPause", ContainerOperations.Pause),
        new("POST", "/containers/{id}/unpause", "ContainerUnpause", ContainerOperations.Unpause),
        new("POST", "/containers/{id}/rename", "ContainerRename", ContainerOperations.Rename),
        new("POST", "/containers/{id}/wait", "ContainerWait", ContainerWaiting.Wait),
        new("POST", "/containers/{id}/attach", "ContainerAttach", ContainerAttachment.Attach),
        new("POST", "/containers/{id}/resize", "ContainerResize", ContainerAttachment.Resize),
        new("GET", "/containers/{id}/logs", "ContainerLogs", LogStreaming.Logs),
        new("POST", "/containers/{id}/exec", "ContainerExec", ExecOperations.Create),
        new("POST", "/exec/{id}/start", "ExecStart", ExecOperations.Start),
        new("POST", "/exec/{id}/resize", "ExecResize", ExecOperations.Resize),
        new("GET", "/exec/{id}/json", "ExecInspect", ExecOperations.Inspect),
        new("GET", "/containers/{id}/top", "ContainerTop", ContainerFacts.Top),
        new("GET", "/containers/{id}/changes", "ContainerChanges", ContainerFacts.Changes),
        new("GET", "/containers/{id}/export", "ContainerExport", ContainerFacts.Export),
        new("HEAD", "/containers/{id}/archive", "ContainerArchiveInfo", ContainerArchives.Stat),
        new("GET", "/containers/{id}/archive", "ContainerArchive", ContainerArchives.Get),
        new("PUT", "/containers/{id}/archive", "PutContainerArchive", ContainerArchives.Put),
        new("GET", "/containers/{id}/stats", "ContainerStats", ContainerStatistics.Stats),
        new("POST", "/containers/{id}/update", "ContainerUpdate", ContainerUpdates.Update),
        new("DELETE", "/containers/{id}", "ContainerDelete", ContainerOperations.Remove),
        new("GET", "/networks", "NetworkList", NetworkOperations.List),
        new("POST", "/networks/create", "NetworkCreate", NetworkOperations.Create),
        new("POST", "/networks/prune", "NetworkPrune", NetworkOperations.Prune),
        new("POST", "/networks/{id}/connect", "NetworkConnect", NetworkOperations.Connect),
        new("POST", "/networks/{id}/disconnect", "NetworkDisconnect", NetworkOperations.Disconnect),
        new("GET", "/networks/{id}", "NetworkInspect", NetworkOperations.Inspect),
        new("DELETE", "/networks/{id}", "NetworkDelete", NetworkOperations.Remove),
        new("GET", "/plugins", "PluginList", PluginOperations.List),
        new("GET", "/plugins/privileges", "GetPluginPrivileges", PluginOperations.Refuse),
        new("POST", "/plugins/pull", "PluginPull", PluginOperations.Refuse),
        new("POST", "/plugins/create", "PluginCreate", PluginOperations.Refuse),
        new("GET", "/plugins/{name}/json", "PluginInspect", PluginOperations.NotFound),
        new("POST", "/plugins/{name}/enable", "PluginEnable", PluginOperations.NotFound),
        new("POST", "/plugins/{name}/disable", "PluginDisable", PluginOperations.NotFound),
        new("POST", "/plugins/{name}/upgrade", "PluginUpgrade", PluginOperations.NotFound),
        new("POST", "/plugins/{name}/push", "PluginPush", PluginOperations.NotFound),
        new("POST", "/plugins/{name}/set", "PluginSet", PluginOperations.NotFound),
        new("DELETE", "/plugins/{name}", "PluginDelete", PluginOperations.NotFound),
    ];
}
