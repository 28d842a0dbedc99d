using System.Globalization;
using Skiff.Agent.Manager;
using Skiff.Agent.Oci;
using Skiff.Agent.Oci.Spec;
using Skiff.Interop;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Cli.OciVerbs;

/// <summary><c>skiff oci exec</c>.</summary>
internal sealed class OciExecVerb(OciRuntime runtime) : RuntimeVerb(runtime)
{
    /// <inheritdoc/>
    public override string Name => "oci exec";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] ID [COMMAND [ARG...]]";

    /// <inheritdoc/>
    public override string Summary => "Run one more process in a container";

    /// <inheritdoc/>
    public override Option[] Options =>
    [
        Option.Value("process", "file", "The process as JSON; replaces all options about it", 'p'),
        Option.Value("console-socket", "path", "A socket that gets the terminal's other side"),
        Option.Value("pid-file", "file", "Gets the process' id"),
        Option.Value("preserve-fds", "n", "Give n descriptors after standard error to the process"),
        Option.Flag("detach", "Leave it once it runs", 'd'),
        Option.Flag("tty", "With a terminal", 't'),
        Option.Flag("ignore-paused", "Also in a paused container"),
        Option.Flag("no-new-privs", "Its programs gain no rights by set-user-ID or file capabilities"),
        Option.Value("cwd", "dir", "Working directory"),
        Option.Value("user", "uid[:gid]", "Whom it runs as", 'u'),
        Option.Value("apparmor", "profile", "AppArmor profile"),
        Option.Value("process-label", "label", "SELinux label"),
        Option.Value("cgroup", "path", "Refused: processes run in the container's cgroup"),
        Option.List("env", "NAME=VALUE", "More of the environment", 'e'),
        Option.List("cap", "name", "A capability more", 'c'),
        Option.List("additional-gids", "gid", "A group more", 'g'),
    ];

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override bool OptionsEndAtFirstArgument => true;

    /// <inheritdoc/>
    protected override int Run(ParsedArguments arguments)
    {
        ReadOnlySelf.ExecuteAgain();
        if (arguments.Has("cgroup")) throw new UsageException("--cgroup is not supported");
        OciContainer container = Open(arguments);
        ProcessSpec process = arguments.Value("process") is { } file
            ? ProcessSpec.Parse(Files.ReadAllBytes(file), file) : FromOptions(container.Spec, arguments);
        foreach (string warning in process.Warnings) Runtime.Log.Warn(warning);
        bool detach = arguments.Flag("detach");
        using var console = ConsoleSocket.Open(process.Terminal, arguments.Value("console-socket"), detach);
        var request = new ExecRequest(process, console.ForChild, arguments.Value("pid-file"),
            CreateOptions.PreservedDescriptors(arguments), arguments.Flag("ignore-paused"));
        using PidFd started = new ContainerExec(container, request).Start();
        if (detach) return 0;
        using var foreground = new Foreground(started, console.Receive());
        return foreground.Run();
    }

    private static ProcessSpec FromOptions(ContainerSpec spec, ParsedArguments arguments)
    {
        if (arguments.Positional.Count < 2)
            throw new UsageException("\"skiff oci exec\": a command is missing, or --process");
        ProcessSpec process = spec.Process!;
        var (uid, gid) = User(arguments, process);
        return process with
        {
            Args = [.. arguments.Positional[1..]],
            Env = [.. process.Env, .. arguments.Values("env")],
            Cwd = arguments.Value("cwd") ?? process.Cwd,
            Terminal = arguments.Flag("tty"),
            Uid = uid, Gid = gid,
            AdditionalGids = [.. process.AdditionalGids,
                .. arguments.Values("additional-gids").Select(text => Id(arguments, "additional-gids", text))],
            Capabilities = process.Capabilities.With(Capability(arguments)),
            NoNewPrivileges = process.NoNewPrivileges || arguments.Flag("no-new-privs"),
            ApparmorProfile = arguments.Value("apparmor") ?? process.ApparmorProfile,
            SelinuxLabel = arguments.Value("process-label") ?? process.SelinuxLabel,
        };
    }

    private static (uint Uid, uint Gid) User(ParsedArguments arguments, ProcessSpec process)
    {
        if (arguments.Value("user") is not { } text) return (process.Uid, process.Gid);
        int colon = text.IndexOf(':');
        return colon < 0 ? (Id(arguments, "user", text), process.Gid)
            : (Id(arguments, "user", text[..colon]), Id(arguments, "user", text[(colon + 1)..]));
    }

    private static uint Id(ParsedArguments arguments, string option, string text) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint id) && id < uint.MaxValue ? id
            : throw arguments.Invalid(option, text, "numbers are wanted: names are the caller's business");

    private static CapabilitySet Capability(ParsedArguments arguments)
    {
        ulong bits = 0;
        foreach (string name in arguments.Values("cap"))
            bits |= Capabilities.TryParse(name, out int bit) ? 1UL << bit
                : throw arguments.Invalid("cap", name, "it is no capability");
        return new CapabilitySet(bits);
    }
}
