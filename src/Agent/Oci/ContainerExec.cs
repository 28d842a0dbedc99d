using System.Globalization;
using Skiff.Agent.Manager;
using Skiff.Agent.Oci.Plan;
using Skiff.Agent.Oci.Spec;
using Skiff.Interop;
using Skiff.Interop.Cgroups;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Oci;

/// <summary>exec: one more process in a running container, a child of this one.</summary>
/// <param name="container">The container.</param>
/// <param name="request">What is to run.</param>
internal sealed class ContainerExec(OciContainer container, ExecRequest request)
{
    /// <summary>Starts it; returns once its program runs. The caller owns the process.</summary>
    public PidFd Start()
    {
        ContainerStatus status = container.Status();
        if (status == ContainerStatus.Paused && !request.IgnorePaused)
            throw new UsageException("cannot exec in a paused container (use --ignore-paused to override)");
        using PidFd target = container.RequireProcess("exec in");
        using var link = new LaunchLink();
        using LaunchProgram program = Build(link, target);
        ForkedProcess child = Fork(program, target);
        try
        {
            SetUp(child);
            return PidFd.Open(child.Pid);
        }
        catch (LaunchException e) when (e.IsExec)
        {
            throw ExecFailure.Of(request.Process.Args[0], e);
        }
        catch
        {
            child.Kill();
            throw;
        }
        finally
        {
            child.Dispose();
        }
    }

    private LaunchProgram Build(LaunchLink link, PidFd target)
    {
        ProcessSpec process = request.Process;
        var program = new LaunchProgram(link) { Subject = $"container {container.Record.Id}" };
        try
        {
            if (process.InitialAffinity.Length > 0) program.Affinity(process.InitialAffinity);
            IdentityPlan.AddLabel(program, process);
            program.Report();
            program.AwaitAnswer();
            JoinPlan.AddTo(program, container.Spec, target.Fd);
            var console = new ConsolePlan(program, process, request.ConsoleSocket);
            console.OpenForExec();
            console.Attach();
            program.JoinSessionKeyring("_ses." + container.Record.Id, OnError.Ignoring(Errno.ENOSYS, Errno.EPERM,
                Errno.EACCES));
            Descriptors.CloseAllBut(program, request.PreservedDescriptors, link.ChildsEnds);
            if (process.FinalAffinity.Length > 0) program.Affinity(process.FinalAffinity);
            AddIdentity(program, process);
            return program;
        }
        catch
        {
            program.Dispose();
            throw;
        }
    }

    private void AddIdentity(LaunchProgram program, ProcessSpec process)
    {
        using Fd root = Files.Open($"/proc/{container.Record.Pid}/root", OpenFlags.O_PATH | OpenFlags.O_DIRECTORY);
        var identity = new IdentityPlan(program, process, InitPlan.Filter(container.Spec, process))
        {
            Environment = HomeVariable.Add(process, root),
        };
        identity.AddTo();
        // Like any other process of the container, it may outlive whoever asked for it.
        program.OutliveParent();
        identity.AddExec(failures: null);
    }

    private ForkedProcess Fork(LaunchProgram program, PidFd target)
    {
        bool ownPids = container.Spec.Linux.Namespaces.IsOther(CloneFlags.CLONE_NEWPID);
        using Cgroup cgroup = OpenCgroup();
        return Launcher.Fork(program,
            new LaunchOptions { Cgroup = cgroup.Directory, PidNamespaceOf = ownPids ? target.Fd : null });
    }

    // An init that manages cgroups has moved itself further down and left no room for processes above.
    private Cgroup OpenCgroup()
    {
        Cgroup cgroup = container.OpenCgroup();
        if (!cgroup.HasControllersBelow) return cgroup;
        cgroup.Dispose();
        return Cgroup.Open(CgroupHierarchy.Detect().Root
            + ProcessState.CgroupOf(container.Record.Pid.ToString(CultureInfo.InvariantCulture)));
    }

    private void SetUp(ForkedProcess child)
    {
        child.AwaitReport();
        if (request.Process.OomScoreAdj is { } score)
            ProcessState.Write(child.Pid, "oom_score_adj", score.ToString(CultureInfo.InvariantCulture));
        child.Continue();
        child.AwaitExec();
        if (request.PidFile is { } file)
            AtomicFile.Replace(file, System.Text.Encoding.ASCII.GetBytes($"{child.Pid}"), durable: false);
    }
}
