using Skiff.Layers.Oci;
using Skiff.Layers.Pipeline;

namespace Skiff.Agent.Images;

/// <summary>A pull in plain lines, as Docker prints it when its output is no terminal.</summary>
internal sealed class PullText(TextWriter output) : IPullProgress
{
    private readonly Lock _writing = new();

    /// <summary>The first lines; <c>pull</c> says when a tag was added, an implied pull does not.</summary>
    public void Begin(Reference reference, bool tellDefaultTag = true)
    {
        if (tellDefaultTag && reference.TagIsDefault) output.WriteLine("Using default tag: latest");
        string target = reference.Digest is null ? reference.Tag! : reference.ToString();
        output.WriteLine($"{target}: Pulling from {reference.Repository}");
    }

    /// <inheritdoc/>
    public void Report(in LayerProgress progress)
    {
        string? text = progress.State switch
        {
            LayerState.Waiting => "Pulling fs layer",
            LayerState.AlreadyExists => "Already exists",
            LayerState.Resuming => $"Resuming at {progress.DoneBytes * 100 / progress.TotalBytes}%",
            LayerState.DownloadComplete => "Download complete",
            LayerState.PullComplete => "Pull complete",
            _ => null,
        };
        if (text is null) return;
        lock (_writing) output.WriteLine($"{progress.Layer.Short}: {text}");
    }

    /// <summary>The last lines, but for the full name with which <c>pull</c> ends even when it is quiet.</summary>
    public void End(Reference reference, PullResult result)
    {
        output.WriteLine($"Digest: {result.Digest}");
        output.WriteLine(result.Changed
            ? $"Status: Downloaded newer image for {reference.Familiar}"
            : $"Status: Image is up to date for {reference.Familiar}");
    }
}
