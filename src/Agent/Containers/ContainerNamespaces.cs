using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Mounts;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Containers;

/// <summary>
/// The namespaces of other containers that a container shares: <c>--pid container:ID</c> and <c>--ipc container:ID</c>,
/// the latter with its /dev/shm. Held by descriptor for the length of a start.
/// </summary>
internal sealed class ContainerNamespaces : IDisposable
{
    /// <summary>How a mode that joins another container begins.</summary>
    public const string Joining = "container:";

    private ContainerNamespaces() { }

    /// <summary>A process in the PID namespace to be born in; null for a new one, or the host's.</summary>
    public PidFd? Pid { get; private set; }

    /// <summary>A process in the IPC namespace to enter; null for a new one, or the host's.</summary>
    public PidFd? Ipc { get; private set; }

    /// <summary>The /dev/shm that belongs to <see cref="Ipc"/>; detached.</summary>
    public Fd? SharedMemory { get; private set; }

    /// <summary>Whether a mode is another container's namespace.</summary>
    public static bool Joins(string mode) => mode.StartsWith(Joining, StringComparison.Ordinal);

    /// <summary>A mode with the full id of the container that it names.</summary>
    /// <exception cref="UsageException">There is no such container.</exception>
    public static string Resolve(ContainerStore store, string mode) =>
        Joins(mode) ? Joining + store.Find(mode[Joining.Length..]).Id : mode;

    /// <summary>Opens what the configuration asks for.</summary>
    /// <exception cref="UsageException">The other container doesn't run, or doesn't share.</exception>
    public static ContainerNamespaces Open(ContainerStore store, ContainerConfig config)
    {
        var namespaces = new ContainerNamespaces();
        try
        {
            if (Joins(config.PidMode)) namespaces.Pid = OpenProcess(store, config.PidMode, "PID namespace");
            if (!Joins(config.IpcMode)) return namespaces;
            string id = config.IpcMode[Joining.Length..];
            namespaces.Ipc = OpenProcess(store, config.IpcMode, "IPC");
            if (store.TryRead(id)?.IpcMode is null or "" or "none") throw new UsageException(
                $"can't join IPC of container {id}: non-shareable IPC (hint: use IpcMode:shareable for the donor "
                + "container)", 125);
            namespaces.SharedMemory = ProcessMounts.Clone(namespaces.Ipc, "dev/shm");
            return namespaces;
        }
        catch
        {
            namespaces.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Pid?.Dispose();
        Ipc?.Dispose();
        SharedMemory?.Dispose();
    }

    private static PidFd OpenProcess(ContainerStore store, string mode, string what)
    {
        string id = mode[Joining.Length..];
        if (store.ReadRunState(id) is { Pid: > 0 } state
            && PidFd.TryOpen(state.Pid, (ulong)state.PidStartTime, out PidFd? process) == Errno.None) return process!;
        throw new UsageException($"can't join {what} of container {id}: container {id} is not running", 125);
    }
}
