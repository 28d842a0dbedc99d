using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Layers.Archives;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>import</c>.</summary>
internal sealed class ImportVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.List("change", "list", "Apply Dockerfile instruction to the created image", 'c'),
        Option.Value("message", "string", "Set commit message for imported image", 'm'),
        Option.Value("platform", "string", "Set platform of the image (default: this host's)"),
    ];

    /// <inheritdoc/>
    public override string Name => "import";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] FILE|URL|- [REPOSITORY[:TAG]]";

    /// <inheritdoc/>
    public override string Summary => "Import the contents from a tarball to create a filesystem image";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override int MaximumArguments => 2;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments) => Interruptible.Run(cancellation =>
    {
        string source = arguments.Positional[0];
        Reference? name = arguments.Positional.Count > 1 ? Reference.Parse(arguments.Positional[1]) : null;
        Platform platform = arguments.Value("platform") is { } text ? Platform.Parse(text) : Platform.Host;
        using Stream tar = Open(engine, source, cancellation);
        Digest id = engine.Import(tar, name, platform,
            arguments.Value("message") ?? $"Imported from {source}", arguments.Values("change"), cancellation);
        Output.Line(id.ToString());
        return 0;
    });

    private static Stream Open(Engine engine, string source, CancellationToken cancellation)
    {
        if (source == "-") return LayerImport.Input(Fd.Borrow(0));
        if (source.StartsWith("http://", StringComparison.Ordinal)
            || source.StartsWith("https://", StringComparison.Ordinal))
            return Uri.TryCreate(source, UriKind.Absolute, out Uri? address)
                ? engine.Images.Registries.Access.OpenFile(address, cancellation)
                : throw new UsageException($"\"{source}\" is no address: use http://HOST[:PORT]/PATH or https://…");
        return LayerImport.Input(Files.Open(source, OpenFlags.O_RDONLY));
    }
}
