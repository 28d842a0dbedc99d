using Skiff.Layers.Oci;

namespace Skiff.Agent.Images;

/// <summary>A push in plain lines, as Docker prints it when its output is no terminal.</summary>
internal sealed class PushText(TextWriter output) : IPushProgress
{
    private readonly Lock _writing = new();

    /// <summary>The first line.</summary>
    public void Begin(Reference reference) =>
        output.WriteLine($"The push refers to repository [{reference.Name}]");

    /// <inheritdoc/>
    public void Report(in PushProgress progress)
    {
        string? text = progress.State switch
        {
            PushState.Preparing => "Preparing",
            PushState.Exists => "Layer already exists",
            PushState.Mounted => $"Mounted from {progress.From}",
            PushState.Pushed => "Pushed",
            _ => null,
        };
        if (text is null) return;
        lock (_writing) output.WriteLine($"{progress.DiffId.Short}: {text}");
    }

    /// <summary>The last line, and what became of the digest by which a registry knew the image.</summary>
    public void End(Reference reference, PushResult result)
    {
        output.WriteLine($"{reference.Tag}: digest: {result.Digest} size: {result.Bytes}");
        if (result.Why is null || result.Known is not { } known || known == result.Digest) return;
        output.WriteLine($"The manifest's digest is another one than {known}: {result.Why}");
    }
}
