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
        new("GET", "/events", "SystemEvents", EventStreaming.Follow),
        new("GET", "/system/df", "SystemDataUsage", DiskUsageAnswer.Answer),
        new("POST", "/auth", "SystemAuth", RegistryOperations.Auth),
        new("GET", "/images/json", "ImageList", ImageListing.List),
        new("POST", "/images/create", "ImageCreate", ImageTransfers.Create),
        new("GET", "/images/search", "ImageSearch", RegistryOperations.Search),
        new("POST", "/images/prune", "ImagePrune", ImageOperations.Prune),
        new("GET", "/images/get", "ImageGetAll", ImageTransfers.GetAll),
        new("POST", "/images/load", "ImageLoad", ImageTransfers.Load),
        new("GET", "/images/{name}/json", "ImageInspect", ImageListing.Inspect),
        new("GET", "/images/{name}/history", "ImageHistory", ImageListing.History),
        new("GET", "/images/{name}/get", "ImageGet", ImageTransfers.Get),
        new("POST", "/images/{name}/push", "ImagePush", ImageTransfers.Push),
        new("POST", "/images/{name}/tag", "ImageTag", ImageOperations.Tag),
        new("DELETE", "/images/{name}", "ImageDelete", ImageOperations.Delete),
        new("POST", "/commit", "ImageCommit", ImageOperations.Commit),
        new("GET", "/distribution/{name}/json", "DistributionInspect", RegistryOperations.Inspect),
        new("POST", "/build", "ImageBuild", BuildOperations.Refuse),
        new("POST", "/build/prune", "BuildPrune", BuildOperations.Refuse),
        new("POST", "/session", "Session", BuildOperations.Refuse),
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
        new("DELETE", "/containers/{id}", "ContainerDelete", ContainerOperations.Remove),
    ];
}
