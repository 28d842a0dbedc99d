using Skiff.Agent.Manager;
using Skiff.Agent.Oci.Spec;
using Skiff.Interop;

namespace Skiff.Agent.Oci;

/// <summary>What create and run are asked for.</summary>
internal sealed record CreateRequest
{
    /// <summary>The container's name.</summary>
    public required string Id { get; init; }

    /// <summary>--bundle, absolute.</summary>
    public required string Bundle { get; init; }

    /// <summary>config.json as it is written.</summary>
    public required byte[] Config { get; init; }

    /// <summary>The same, read.</summary>
    public required ContainerSpec Spec { get; init; }

    /// <summary>--pid-file.</summary>
    public string? PidFile { get; init; }

    /// <summary>--console-socket, connected; null without a terminal.</summary>
    public Fd? ConsoleSocket { get; init; }

    /// <summary>--preserve-fds.</summary>
    public int PreservedDescriptors { get; init; }

    /// <summary>--no-new-keyring.</summary>
    public bool NoNewKeyring { get; init; }

    /// <summary>What is to run.</summary>
    public ProcessSpec Process => Spec.Process
        ?? throw new UsageException("config.json: process is missing: there would be nothing to start");

    /// <summary>The root's absolute path.</summary>
    public string Rootfs => Path.GetFullPath(Path.Combine(Bundle, Spec.RootPath));

    /// <summary>Reads the bundle.</summary>
    public static CreateRequest Read(string id, string bundle)
    {
        string path = Path.Combine(bundle, "config.json");
        Errno errno = Files.TryReadAllBytes(Fd.Cwd, path, out byte[] config);
        if (errno != Errno.None) throw new LinuxException(errno, "open", path,
            "reading the bundle's configuration");
        return new CreateRequest { Id = id, Bundle = bundle, Config = config, Spec = ContainerSpec.Parse(config) };
    }
}
