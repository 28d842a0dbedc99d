using Skiff.Agent.Manager;
using Skiff.Agent.Oci;

namespace Skiff.Agent.Cli.OciVerbs;

/// <summary>What create and run have in common.</summary>
internal static class CreateOptions
{
    private const int MostDescriptors = 1024;

    /// <summary>The options.</summary>
    public static Option[] Table { get; } =
    [
        Option.Value("bundle", "dir", "The bundle (default: the working directory)", 'b'),
        Option.Value("console-socket", "path", "A socket that gets the terminal's other side"),
        Option.Value("pid-file", "file", "Gets the first process' id"),
        Option.Flag("no-pivot", "Refused: a root that pivot_root(2) cannot leave is no boundary"),
        Option.Flag("no-new-keyring", "Keep the caller's session keyring"),
        Option.Value("preserve-fds", "n", "Give n descriptors after standard error to the process"),
    ];

    /// <summary>The request but for its console.</summary>
    public static CreateRequest Read(ParsedArguments arguments)
    {
        if (arguments.Flag("no-pivot"))
            throw new UsageException("--no-pivot is not supported: a container could leave a root that is only "
                + "chroot(2); put the bundle on a filesystem that is not the initial ramfs");
        int preserved = PreservedDescriptors(arguments);
        string bundle = Path.GetFullPath(arguments.Value("bundle") ?? ".");
        return CreateRequest.Read(arguments.Positional[0], bundle) with
        {
            PidFile = arguments.Value("pid-file"),
            NoNewKeyring = arguments.Flag("no-new-keyring"),
            PreservedDescriptors = preserved,
        };
    }

    /// <summary>--preserve-fds, each of which must be open.</summary>
    public static int PreservedDescriptors(ParsedArguments arguments)
    {
        long count = arguments.Number("preserve-fds") ?? 0;
        if (count is < 0 or > MostDescriptors)
            throw arguments.Invalid("preserve-fds", $"{count}", $"a number from 0 to {MostDescriptors} is wanted");
        for (int fd = 3; fd < 3 + count; fd++)
            if (!Skiff.Interop.Files.Exists($"/proc/self/fd/{fd}"))
                throw arguments.Invalid("preserve-fds", $"{count}", $"descriptor {fd} is not open");
        return (int)count;
    }
}
