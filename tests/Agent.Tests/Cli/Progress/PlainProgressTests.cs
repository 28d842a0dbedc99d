using Skiff.Agent.Cli.Progress;
using Skiff.Layers.Oci;
using Skiff.Layers.Pipeline;

namespace Skiff.Agent.Tests.Cli.Progress;

/// <summary>Progress in plain lines.</summary>
public sealed class PlainProgressTests
{
    private const string Id = "5c4213be9af9";

    private readonly StringWriter _text = new();
    private readonly PlainProgress _progress;

    public PlainProgressTests() => _progress = new PlainProgress(_text);

    [Fact]
    public void Pull_is_what_docker_prints_when_its_output_is_no_terminal()
    {
        _progress.Message("Pulling from library/busybox", "latest");
        Report(LayerState.PullingFsLayer, 0);
        Report(LayerState.Waiting, 0);
        Report(LayerState.Downloading, 0);
        Report(LayerState.Downloading, 50);
        Report(LayerState.Downloading, 100);
        Report(LayerState.VerifyingChecksum, 100);
        Report(LayerState.DownloadComplete, 100);
        Report(LayerState.Extracting, 100);
        Report(LayerState.PullComplete, 100);
        _progress.Message("Digest: sha256:1");
        Assert.Equal(
            """
            latest: Pulling from library/busybox
            5c4213be9af9: Pulling fs layer
            5c4213be9af9: Waiting
            5c4213be9af9: Verifying Checksum
            5c4213be9af9: Download complete
            5c4213be9af9: Pull complete
            Digest: sha256:1

            """,
            _text.ToString());
    }

    [Fact]
    public void Push_is_what_docker_prints_when_its_output_is_no_terminal()
    {
        Digest digest = Digest.FromBytes(new byte[32]);
        _progress.Message("The push refers to repository [localhost:5000/a]");
        Report(LayerState.Preparing, 0);
        Report(LayerState.Pushing, 50);
        Report(LayerState.Pushed, 100);
        Report(LayerState.LayerAlreadyExists, 0);
        _progress.Report(new LayerProgress(Id, LayerState.Mounted, 0, 100, "team/b"));
        _progress.Pushed("v1", digest, 528);
        Assert.Equal(
            $"""
            The push refers to repository [localhost:5000/a]
            5c4213be9af9: Preparing
            5c4213be9af9: Pushed
            5c4213be9af9: Layer already exists
            5c4213be9af9: Mounted from team/b
            v1: digest: {digest} size: 528

            """,
            _text.ToString());
    }

    [Fact]
    public void Pull_that_goes_on_says_from_where()
    {
        Report(LayerState.Resuming, 45);
        _progress.Report(new LayerProgress(Id, LayerState.Resuming, 0, 0));
        Assert.Equal("5c4213be9af9: Resuming at 45%\n5c4213be9af9: Resuming at 0%\n", _text.ToString());
    }

    [Fact]
    public void Load_says_what_it_has_loaded_only()
    {
        Report(LayerState.Loading, 0);
        Report(LayerState.Loading, 100);
        _progress.Loaded("Loaded image: busybox:latest");
        Assert.Equal("Loaded image: busybox:latest\n", _text.ToString());
    }

    private void Report(LayerState state, long done) => _progress.Report(new LayerProgress(Id, state, done, 100));
}
