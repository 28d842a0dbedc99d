using System.Text.Json;
using Skiff.Agent.Cdi;
using Skiff.Agent.Manager;
using Skiff.Agent.RuntimeSpec;
using Skiff.Interop;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Containers;

/// <summary>
/// The hooks that devices bring along, at their places in a start and at its end, and the network devices, which move
/// at the first of them. Hooks read the container's state, and by its bundle a config.json that tells where the root is
/// (runtime specification, "POSIX-platform Hooks"), and which hooks are left to run: whoever has to end the container
/// may be another process, and the vendors' files others by then.
/// </summary>
/// <param name="config">The container.</param>
/// <param name="edits">Has the hooks.</param>
/// <param name="runDirectory">The container's volatile directory, which gets the bundle.</param>
/// <param name="root">Where the root is, in the container's mount namespace, until it is its own.</param>
internal sealed class StartHooks(ContainerConfig config, CdiEdits edits, string runDirectory, string root)
{
    private const string OciVersion = "1.2.0";

    private readonly string _bundle = Path.Combine(runDirectory, "bundle");

    /// <summary>Whether they are at work, so that the last of them have to run, too.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>Whether the child waits with its namespaces and mounts, before the root is its own.</summary>
    public bool StopsOutside => edits.NetDevices.Length + Hooks.Prestart.Length + Hooks.CreateRuntime.Length
        + Hooks.CreateContainer.Length > 0;

    /// <summary>Whether the child waits again when it is.</summary>
    public bool StopsInside => Hooks.StartContainer.Length > 0;

    private HookSet Hooks => edits.Hooks;

    private string Document => Path.Combine(_bundle, "config.json");

    private bool IsMapped => config.UidMap.Length > 0;

    /// <summary>Those that another process has begun; null when there are none, or none is left to run.</summary>
    public static StartHooks? Resume(ContainerConfig config, string runDirectory)
    {
        var hooks = new StartHooks(config, CdiEdits.None, runDirectory, "/");
        if (Files.TryReadAllBytes(Fd.Cwd, hooks.Document, out byte[] json) != Errno.None) return null;
        var left = new CdiEdits { Hooks = HookSet.Read(new SpecNode(JsonElement.Parse(json), "")) };
        return new StartHooks(config, left, runDirectory, "/") { HasBegun = true };
    }

    /// <summary>Before the child is there. Idempotent.</summary>
    /// <exception cref="UsageException">There is no place for a network device.</exception>
    public void Begin()
    {
        if (edits.NetDevices.Length > 0 && (config.NetworkMode == "host"
            || ContainerNamespaces.Joins(config.NetworkMode))) throw new UsageException("CDI device injection failed: "
                + "netDevices need a network namespace that is the container's alone", 125);
        if (Hooks.IsEmpty) return;
        HasBegun = true;
        var text = new JsonText();
        text.WriteStartObject();
        text.WriteString("ociVersion", OciVersion);
        text.WriteString("hostname", config.Hostname);
        WritePoststop(text);
        text.WriteStartObject("root");
        text.WriteString("path", root);
        text.WriteEndObject();
        text.WriteEndObject();
        Files.MakeDirectories(_bundle);
        AtomicFile.Replace(Document, text.Bytes.Span, durable: false);
    }

    /// <summary>At the first stop.</summary>
    public void RunOutside(int pid)
    {
        if (edits.NetDevices.Length > 0) Name(() => NetDevices.Move(edits.NetDevices, pid));
        Run("prestart", Hooks.Prestart, "creating", pid);
        Run("createRuntime", Hooks.CreateRuntime, "creating", pid);
        Run("createContainer", Hooks.CreateContainer, "creating", pid, joins: true);
    }

    /// <summary>At the second stop.</summary>
    public void RunInside(int pid) => Run("startContainer", Hooks.StartContainer, "created", pid, joins: true);

    /// <summary>When the container's program runs.</summary>
    public void RunStarted(int pid) => Run("poststart", Hooks.Poststart, "running", pid);

    /// <summary>When nothing of a container that had begun is left.</summary>
    public void RunStopped()
    {
        if (!HasBegun) return;
        try
        {
            Run("poststop", Hooks.Poststop, "stopped", 0);
        }
        finally
        {
            // Nobody is to run them again.
            Files.TryUnlinkAt(Fd.Cwd, Document);
        }
    }

    private void WritePoststop(JsonText text)
    {
        if (Hooks.Poststop.Length == 0) return;
        text.WriteStartObject("hooks");
        text.WriteStartArray("poststop");
        foreach (HookEntry hook in Hooks.Poststop) hook.Write(text);
        text.WriteEndArray();
        text.WriteEndObject();
    }

    private void Run(string kind, HookEntry[] hooks, string status, int pid, bool joins = false)
    {
        if (hooks.Length == 0) return;
        using PidFd? child = joins ? PidFd.Open(pid) : null;
        Name(() => HookRunner.Run(
            kind, hooks, State(status, pid), child is null ? null : program => Join(program, child)));
    }

    private static void Name(Action step)
    {
        try
        {
            step();
        }
        catch (UsageException e)
        {
            throw new UsageException($"CDI device injection failed: {e.Message}", 125);
        }
    }

    private void Join(LaunchProgram program, PidFd child)
    {
        program.SetNs(child.Fd, CloneFlags.CLONE_NEWNS | CloneFlags.CLONE_NEWNET | CloneFlags.CLONE_NEWUTS
            | CloneFlags.CLONE_NEWIPC | CloneFlags.CLONE_NEWCGROUP
            | (IsMapped ? CloneFlags.CLONE_NEWUSER : CloneFlags.None));
        if (IsMapped) program.BecomeRoot();
    }

    private byte[] State(string status, int pid)
    {
        var text = new JsonText();
        text.WriteStartObject();
        text.WriteString("ociVersion", OciVersion);
        text.WriteString("id", config.Id);
        text.WriteNumber("pid", pid);
        text.WriteString("status", status);
        text.WriteString("bundle", _bundle);
        text.WriteEndObject();
        return text.Bytes.ToArray();
    }
}
