using Skiff.Agent.Manager;
using Skiff.Agent.Networks.Policies;
using Skiff.Interop;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>network policy create</c>.</summary>
internal sealed class NetworkPolicyCreateVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.Value(
            "file", "string", "File with the policies, YAML or JSON (\"-\" reads them from standard input)", 'f'),
    ];

    /// <inheritdoc/>
    public override string Name => "network policy create";

    /// <inheritdoc/>
    public override string Usage => "-f FILE|-";

    /// <inheritdoc/>
    public override string Summary => "Create network policies, or replace those of the same names";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MaximumArguments => 0;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        string file = arguments.Value("file") ?? throw new UsageException("a file is needed: -f FILE, or -f -");
        byte[] source = file == "-" ? ReadInput() : Files.ReadAllBytes(file);
        List<NetworkPolicy> policies;
        try
        {
            policies = engine.CreatePolicies(source);
        }
        catch (UsageException e) when (e.Message.StartsWith("line ", StringComparison.Ordinal))
        {
            throw new UsageException($"{(file == "-" ? "standard input" : file)}: {e.Message}");
        }
        foreach (NetworkPolicy policy in policies) Output.Line(policy.Name);
        return 0;
    }

    private static byte[] ReadInput()
    {
        Errno errno = Files.TryReadToEnd(Fd.Borrow(0), out byte[] content);
        return errno == Errno.None ? content : throw new LinuxException(errno, "read", "standard input");
    }
}
