using Skiff.Agent.Containers;
using Skiff.Agent.Monitor;
using Skiff.Interop;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Manager;

/// <summary>
/// A verb's connection to the monitor of a container. When that monitor is killed it goes on with the one that takes
/// its place, and says again what may have been lost.
/// </summary>
/// <param name="engine">The engine.</param>
/// <param name="config">The container.</param>
/// <param name="client">The connection to begin with; owned.</param>
internal sealed class ContainerLink(Engine engine, ContainerConfig config, MonitorClient client) : IDisposable
{
    private const int ReconnectTimeoutMs = 5_000;

    private readonly List<byte[]> _said = [];
    private readonly List<MonitorClient> _gone = []; // Another thread may still be using one.
    private readonly object _door = new();
    private volatile MonitorClient _client = client;

    /// <summary>The connection as it is now.</summary>
    public MonitorClient Client => _client;

    /// <summary>Why nobody knows how the container has ended; empty when it is known.</summary>
    public string Doubt { get; private set; } = "";

    // The run that the verb is about: somebody may start the container again while it has no monitor, and what is said
    // about one run is not meant for the next. Null: whichever.
    private ContainerState? Run { get; init; }

    /// <summary>Connects; null when the container is not active.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="config">The container.</param>
    /// <param name="state">As of now.</param>
    /// <param name="ofRun">Whether it ends with the present run.</param>
    public static ContainerLink? TryOpen(
        Engine engine, ContainerConfig config, ContainerState state, bool ofRun = false) =>
        state.IsActive && MonitorClient.TryConnect(engine.Containers, config.Id) is { } client
            ? new ContainerLink(engine, config, client) { Run = ofRun ? state : null } : null;

    /// <summary>Says something.</summary>
    public void Send(byte[] packet)
    {
        _said.Add(packet);
        if (_client.Socket.TrySend(packet, []) != Errno.None) TryReconnect(out _);
    }

    /// <summary>Has something said to the next monitor that the present one knows already.</summary>
    public void Remember(byte[] packet) => _said.Add(packet);

    /// <summary>Waits for the end, ignoring output; false after the time-out (-1 waits forever).</summary>
    public bool WaitExited(int timeoutMs, out int exitCode)
    {
        long end = Environment.TickCount64 + timeoutMs;
        while (true)
        {
            int left = timeoutMs < 0 ? -1 : (int)Math.Max(0, end - Environment.TickCount64);
            if (_client.WaitExited(left, out exitCode)) return true;
            if (timeoutMs >= 0 && Environment.TickCount64 >= end) return false;
            if (!TryReconnect(out exitCode)) return true;
        }
    }

    /// <summary>
    /// Goes on with another monitor after one that has gone without a word; false with the exit code when the
    /// container, or the run that this is about, has ended.
    /// </summary>
    /// <exception cref="UsageException">It runs, and no monitor can take it over.</exception>
    public bool TryReconnect(out int exitCode)
    {
        long end = Environment.TickCount64 + ReconnectTimeoutMs;
        while (true)
        {
            ContainerState state = engine.StateOf(config);
            // Of one that has been removed at its end there is nothing to be read any more.
            if (!state.IsActive && state.FinishedAt == default && engine.Containers.TryRead(config.Id) is null)
                state = state with { ExitCode = ContainerState.UnknownExitCode, Error = ContainerState.UnseenEnd };
            exitCode = state.ExitCode;
            Doubt = state.Doubt;
            if (!state.IsActive || !IsOfRun(state)) return false;
            if (MonitorClient.TryConnect(engine.Containers, config.Id) is { } next)
            {
                GoOn(next);
                return true;
            }
            long left = end - Environment.TickCount64;
            if (left <= 0) throw new UsageException($"container {config.Name} runs, but its monitor was killed and no "
                + "other can take its place: see dmesg", 125);
            // The sockets of a process that is killed are closed before it has ended.
            if (PidFd.TryOpen(state.MonitorPid, (ulong)state.MonitorStartTime, out PidFd? monitor) == Errno.None)
                using (monitor) Files.Poll(monitor!.Fd, PollEvents.POLLIN, (int)left);
        }
    }

    /// <summary>Waits, on another thread, for the connection that follows <paramref name="client"/>.</summary>
    public MonitorClient WaitForNext(MonitorClient client)
    {
        lock (_door)
            while (_client == client) System.Threading.Monitor.Wait(_door);
        return _client;
    }

    private bool IsOfRun(ContainerState state) =>
        Run is not { } run || (state.Pid, state.PidStartTime) == (run.Pid, run.PidStartTime);

    private void GoOn(MonitorClient next)
    {
        foreach (byte[] packet in _said) next.Socket.TrySend(packet, []);
        lock (_door)
        {
            _gone.Add(_client);
            _client = next;
            System.Threading.Monitor.PulseAll(_door);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (MonitorClient client in _gone) client.Dispose();
        _client.Dispose();
    }
}
