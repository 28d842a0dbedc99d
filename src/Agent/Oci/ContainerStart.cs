using System.Buffers.Binary;
using Skiff.Agent.Manager;
using Skiff.Agent.Oci.Plan;
using Skiff.Agent.Oci.Spec;
using Skiff.Agent.RuntimeSpec;
using Skiff.Interop;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Oci;

/// <summary>start: lets the first process, which waits on exec.fifo, execute the container's program.</summary>
internal static class ContainerStart
{
    private const int ReapTimeoutMs = 500, ReapPauseMs = 5;

    /// <summary>Starts; returns once the program runs.</summary>
    public static void Start(OciContainer container)
    {
        using Fd turn = ContainerRecord.Lock(container.Directory);
        ContainerStatus status = container.Status();
        if (status != ContainerStatus.Created)
            throw new UsageException(status == ContainerStatus.Stopped
                ? "cannot start a container that has stopped"
                : $"cannot start an already running container: it is {StateFormat.Word(status)}");
        HookSet hooks = container.Spec.Hooks;
        if (hooks.StartContainer.Length > 0) RunInside(container, hooks.StartContainer);
        Release(container);
        try
        {
            HookRunner.Run("poststart", hooks.Poststart, container.StateJson(ContainerStatus.Running));
        }
        catch
        {
            using PidFd? process = container.OpenProcess();
            process?.TrySendSignal(Signals.SIGKILL);
            throw;
        }
    }

    private static void RunInside(OciContainer container, HookEntry[] hooks)
    {
        using PidFd process = container.RequireProcess("start");
        byte[] state = container.StateJson(ContainerStatus.Created);
        HookRunner.Run("startContainer", hooks, state, program => JoinPlan.AddTo(program, container.Spec, process.Fd));
    }

    // The child holds the pipe open in both directions until it executes, or ends: the hang-up tells of both.
    private static void Release(OciContainer container)
    {
        string path = OciContainer.FifoPath(container.Directory);
        using Fd answers = Files.Open(path, OpenFlags.O_RDONLY | OpenFlags.O_NONBLOCK);
        using (Fd go = Files.Open(path, OpenFlags.O_WRONLY | OpenFlags.O_NONBLOCK)) Files.WriteAll(go, [0]);
        Files.TryUnlinkAt(Fd.Cwd, path);
        Files.Poll(answers, PollEvents.None, -1);
        byte[] failure = new byte[sizeof(long)];
        if (Files.Read(answers, failure) == failure.Length)
            throw Failure(container, (Errno)(-BinaryPrimitives.ReadInt64LittleEndian(failure)));
    }

    // The end of the first process is known to its parent before this error is: an engine that cleans up after a failed
    // start finds a container that has stopped.
    private static UsageException Failure(OciContainer container, Errno errno)
    {
        using PidFd? process = container.OpenProcess();
        if (process is not null) Files.Poll(process.Fd, PollEvents.POLLIN, ReapTimeoutMs);
        long deadline = Environment.TickCount64 + ReapTimeoutMs;
        while (Files.Exists($"/proc/{container.Record.Pid}") && Environment.TickCount64 < deadline)
            Files.Poll(Fd.Borrow(-1), PollEvents.None, ReapPauseMs);
        return ExecFailure.Of(container.Spec.Process!.Args[0], errno,
            $"container {container.Record.Id}: execve: {ErrnoText.Of(errno)}");
    }
}
