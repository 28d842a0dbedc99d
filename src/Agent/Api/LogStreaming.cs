using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Agent.Monitor;

namespace Skiff.Agent.Api;

internal static class LogStreaming
{
    public static Task ReplayAsync(Engine engine, ContainerConfig config, OutputFrames frames, AttachStreams streams) => Task.CompletedTask;
}
