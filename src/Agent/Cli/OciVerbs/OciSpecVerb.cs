using System.Text;
using Skiff.Agent.Manager;
using Skiff.Agent.Oci;
using Skiff.Interop;

namespace Skiff.Agent.Cli.OciVerbs;

/// <summary><c>skiff oci spec</c>.</summary>
internal sealed class OciSpecVerb(OciRuntime runtime) : RuntimeVerb(runtime)
{
    /// <inheritdoc/>
    public override string Name => "oci spec";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS]";

    /// <inheritdoc/>
    public override string Summary => "Write a config.json to begin with";

    /// <inheritdoc/>
    public override Option[] Options => [Option.Value("bundle", "dir", "Where (default: the working directory)", 'b')];

    /// <inheritdoc/>
    public override int MaximumArguments => 0;

    /// <inheritdoc/>
    protected override int Run(ParsedArguments arguments)
    {
        string path = Path.Combine(Path.GetFullPath(arguments.Value("bundle") ?? "."), "config.json");
        const OpenFlags flags = OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_EXCL;
        Errno errno = Files.TryOpenAt(Fd.Cwd, path, flags, 0x1A4, out Fd? file);
        if (errno == Errno.EEXIST) throw new UsageException($"{path} is there already; remove it first");
        if (errno != Errno.None) throw new LinuxException(errno, "open", path);
        using (file) Files.WriteAll(file!, Encoding.UTF8.GetBytes(SampleConfig.Json));
        return 0;
    }
}
