using System.Text;
using System.Text.Json.Nodes;
using Skiff.Agent.Images;
using Skiff.Layers.Oci;
using Skiff.Layers.Pipeline;

namespace Skiff.Agent.Tests.Cli.Progress;

/// <summary>Progress as JSON: the objects of Docker's stream, and not too many of them.</summary>
public sealed class JsonProgressTests
{
    private const string Id = "5c4213be9af9";
    private const long Total = 100 << 20;

    private readonly ManualClock _clock = new();
    private readonly StringBuilder _text = new();
    private readonly JsonProgress _progress;

    public JsonProgressTests() => _progress = new JsonProgress(bytes => _text.Append(Encoding.UTF8.GetString(bytes)),
        _clock);

    public static TheoryData<LayerState, string> Statuses => new()
    {
        { LayerState.PullingFsLayer, """{"status":"Pulling fs layer","progressDetail":{},"id":"5c4213be9af9"}""" },
        { LayerState.Preparing, """{"status":"Preparing","progressDetail":{},"id":"5c4213be9af9"}""" },
        { LayerState.Waiting, """{"status":"Waiting","progressDetail":{},"id":"5c4213be9af9"}""" },
        { LayerState.AlreadyExists, """{"status":"Already exists","progressDetail":{},"id":"5c4213be9af9"}""" },
        { LayerState.Resuming, Counted("Resuming") },
        { LayerState.Downloading, Counted("Downloading") },
        { LayerState.VerifyingChecksum, """{"status":"Verifying Checksum","progressDetail":{},"id":"5c4213be9af9"}""" },
        { LayerState.DownloadComplete, """{"status":"Download complete","progressDetail":{},"id":"5c4213be9af9"}""" },
        { LayerState.Extracting, Counted("Extracting") },
        { LayerState.PullComplete, """{"status":"Pull complete","progressDetail":{},"id":"5c4213be9af9"}""" },
        { LayerState.Pushing, Counted("Pushing") },
        { LayerState.Pushed, """{"status":"Pushed","progressDetail":{},"id":"5c4213be9af9"}""" },
        { LayerState.LayerAlreadyExists,
            """{"status":"Layer already exists","progressDetail":{},"id":"5c4213be9af9"}""" },
        { LayerState.Mounted, """{"status":"Mounted from a/b","progressDetail":{},"id":"5c4213be9af9"}""" },
        { LayerState.Loading, Counted("Loading layer") },
    };

    [Theory]
    [MemberData(nameof(Statuses))]
    public void Every_state_is_the_object_that_dockers_clients_know(LayerState state, string line)
    {
        _progress.Report(new LayerProgress(Id, state, 17, 4711, "a/b"));
        Assert.Equal(line + "\n", _text.ToString());
    }

    [Fact]
    public void Table_of_states_is_whole() =>
        Assert.Equal(Enum.GetValues<LayerState>(), Statuses.Select(row => row.Data.Item1));

    [Fact]
    public void Lines_about_the_image_have_an_id_or_none()
    {
        _progress.Message("Pulling from library/busybox", "latest");
        _progress.Message("Digest: sha256:1");
        _progress.Loaded("Loaded image: a \"b\" 名");
        Assert.Equal(
            """
            {"status":"Pulling from library/busybox","id":"latest"}
            {"status":"Digest: sha256:1"}
            {"stream":"Loaded image: a \"b\" 名\n"}

            """,
            _text.ToString());
    }

    [Fact]
    public void Push_ends_with_its_result_for_people_and_for_programs()
    {
        Digest digest = Digest.FromBytes(new byte[32]);
        _progress.Pushed("v1", digest, 528);
        Assert.Equal(
            $$$"""
            {"status":"v1: digest: {{{digest}}} size: 528"}
            {"progressDetail":{},"aux":{"Tag":"v1","Digest":"{{{digest}}}","Size":528}}

            """,
            _text.ToString());
    }

    [Fact]
    public void Failure_is_told_in_both_forms()
    {
        _progress.Fail("no such \e[31m thing");
        JsonNode line = Assert.Single(Lines());
        Assert.Equal("no such \e[31m thing", (string?)line["error"]);
        Assert.Equal("no such \e[31m thing", (string?)line["errorDetail"]!["message"]);
        Assert.DoesNotContain('\e', _text.ToString());
    }

    [Fact]
    public void Bytes_are_told_every_100_ms_and_512_KiB_at_most_and_at_the_end()
    {
        Download(0);
        Download(400 << 10);
        Assert.Equal([0], Told()); // Neither time nor bytes.
        _clock.Advance(100);
        Download(500 << 10);
        Assert.Equal([0], Told()); // Too few bytes.
        Download(512 << 10);
        Download(2 << 20);
        Assert.Equal([0, 512 << 10], Told()); // Too early for more.
        _clock.Advance(99);
        Download(3 << 20);
        Assert.Equal([0, 512 << 10], Told());
        _clock.Advance(1);
        Download(4 << 20);
        Download(Total);
        Download(Total);
        Assert.Equal([0, 512 << 10, 4 << 20, Total], Told());
    }

    [Fact]
    public void Small_layers_are_told_by_the_hundredth()
    {
        _progress.Report(new LayerProgress(Id, LayerState.Downloading, 0, 10_000));
        _clock.Advance(100);
        _progress.Report(new LayerProgress(Id, LayerState.Downloading, 99, 10_000));
        _progress.Report(new LayerProgress(Id, LayerState.Downloading, 100, 10_000));
        Assert.Equal([0, 100], Told());
    }

    [Fact]
    public void One_layer_does_not_hold_up_another_nor_bytes_a_step()
    {
        Download(0);
        _progress.Report(new LayerProgress("other", LayerState.Downloading, 1, Total));
        _progress.Report(new LayerProgress(Id, LayerState.VerifyingChecksum, Total, Total));
        _progress.Report(new LayerProgress(Id, LayerState.VerifyingChecksum, Total, Total));
        _progress.Report(new LayerProgress(Id, LayerState.DownloadComplete, Total, Total));
        Assert.Equal(["Downloading", "Downloading", "Verifying Checksum", "Download complete"],
            Lines().Select(line => (string?)line["status"]));
    }

    [Fact]
    public void Layer_that_begins_anew_is_told_from_its_beginning()
    {
        Download(50 << 20);
        _clock.Advance(100);
        Download(1 << 20);
        Assert.Equal([50 << 20, 1 << 20], Told());
    }

    [Fact]
    public void What_is_not_told_allocates_nothing()
    {
        Download(0);
        Download(1);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++) Download(i * 64);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static string Counted(string status) =>
        $$$"""{"status":"{{{status}}}","progressDetail":{"current":17,"total":4711},"id":"5c4213be9af9"}""";

    private void Download(long bytes) =>
        _progress.Report(new LayerProgress(Id, LayerState.Downloading, bytes, Total));

    private IEnumerable<JsonNode> Lines() => _text.ToString()
        .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!);

    private IEnumerable<long> Told() => Lines().Select(line => (long)line["progressDetail"]!["current"]!);
}
