using System.Text.Json.Nodes;

namespace Skiff.System.Tests;

/// <summary>What pull, push, load and run show of their progress: in pipes, as JSON, and on terminals.</summary>
public sealed class ProgressTests(SkiffHost host)
{
    private const string Interrupt = "\x03";

    [Fact]
    public void Pull_into_a_pipe_prints_dockers_lines()
    {
        using Store store = new(host, "erofs");
        string[] lines = store.Run("pull", host.Busybox).Exits(0).Lines;
        string layer = lines[1][..12];
        Assert.Equal(
            [
                "latest: Pulling from busybox", $"{layer}: Pulling fs layer", $"{layer}: Verifying Checksum",
                $"{layer}: Download complete", $"{layer}: Pull complete", lines[5],
                $"Status: Downloaded newer image for {host.Busybox}", host.Busybox,
            ], lines);
        Assert.Matches("^Digest: sha256:[0-9a-f]{64}$", lines[5]);
        Assert.Equal([lines[0], $"{layer}: Already exists", lines[5],
            $"Status: Image is up to date for {host.Busybox}", host.Busybox],
            store.Run("pull", "--progress=plain", host.Busybox).Exits(0).Lines);
        Assert.Equal("Using default tag: latest",
            store.Run("pull", host.Busybox[..^":latest".Length]).Exits(0).Lines[0]);
    }

    [Fact]
    public void Json_is_dockers_stream_and_nothing_else()
    {
        using Store store = new(host, "erofs");
        JsonNode[] pulled = Json(store.Run("pull", "--progress=json", host.Debian).Exits(0).Out);
        Assert.Equal(("Pulling from debian", "bookworm"), ((string?)pulled[0]["status"], (string?)pulled[0]["id"]));
        string layer = (string)pulled[1]["id"]!;
        Assert.Equal(
            ["Pulling fs layer", "Downloading", "Verifying Checksum", "Download complete", "Extracting",
                "Pull complete"],
            pulled.Where(line => (string?)line["id"] == layer).Select(line => (string?)line["status"]).Distinct());
        long[] counts = [.. pulled.Where(line => (string?)line["status"] == "Downloading")
            .Select(line => (long)line["progressDetail"]!["current"]!)];
        Assert.Equal(counts.Order().Distinct(), counts);
        Assert.Equal((0, (long)pulled.First(line => (string?)line["status"] == "Downloading")
            ["progressDetail"]!["total"]!), (counts[0], counts[^1]));
        Assert.StartsWith("Digest: sha256:", (string?)pulled[^2]["status"]);
        Assert.Equal($"Status: Downloaded newer image for {host.Debian}", (string?)pulled[^1]["status"]);

        CommandResult failed = store.Run("pull", "--progress=json", host.Image("none")).Exits(1);
        JsonNode error = Assert.Single(Json(failed.Out));
        Assert.Contains("manifest unknown", (string?)error["error"]);
        Assert.Equal((string?)error["error"], (string?)error["errorDetail"]!["message"]);
        Assert.Contains((string)error["error"]!, failed.Error);
    }

    [Fact]
    public void Run_writes_progress_to_stderr_in_the_form_that_was_asked_for()
    {
        using Store store = new(host, "overlay");
        CommandResult created = store.Run("create", "--progress=json", host.Busybox, "true").Exits(0);
        Assert.Matches("^[0-9a-f]{64}\n$", created.Out);
        Assert.Equal("Pulling from busybox", (string?)Json(created.Error)[0]["status"]);
        store.Run("rm", created.Lines[0]).Exits(0);
        CommandResult always = store.Run("create", "--pull=always", host.Busybox, "true").Exits(0);
        Assert.Contains(": Already exists\n", always.Error);
        store.Run("rm", always.Lines[0]).Exits(0);
        store.Run("create", "--progress=bars", host.Busybox, "true")
            .FailsClearly(125, "must be one of auto, tty, plain, json");
    }

    [Fact]
    public void Load_and_push_have_progress_too()
    {
        using ScratchRegistry registry = new();
        using Store store = new(host, "erofs"), other = new(host, "erofs");
        string archive = Path.Combine(store.Folder, "a.tar"), target = $"{registry.Host}/a:v1";
        store.Run("pull", "-q", host.Busybox).Exits(0);
        store.Run("tag", host.Busybox, target).Exits(0);
        JsonNode[] pushed = Json(store.Run("push", "--progress=json", target).Exits(0).Out);
        Assert.Equal($"The push refers to repository [{registry.Host}/a]", (string?)pushed[0]["status"]);
        Assert.Equal(["Preparing", "Pushing", "Pushed"], pushed.Where(line => line["id"] is not null)
            .Select(line => (string?)line["status"]).Distinct());
        Assert.Equal("v1", (string?)pushed[^1]["aux"]!["Tag"]);
        Assert.Equal($"v1: digest: {pushed[^1]["aux"]!["Digest"]} size: {pushed[^1]["aux"]!["Size"]}",
            (string?)pushed[^2]["status"]);
        Assert.Equal(target + "\n", store.Run("push", "-q", target).Exits(0).Out);

        store.Run("save", "-o", archive, target).Exits(0);
        JsonNode[] loaded = Json(other.Run("load", "--progress=json", "-i", archive).Exits(0).Out);
        Assert.Equal("Loading layer", (string?)loaded[0]["status"]);
        Assert.Equal((long)loaded[^2]["progressDetail"]!["total"]!, (long)loaded[^2]["progressDetail"]!["current"]!);
        Assert.Equal($"Loaded image: {target}\n", (string?)loaded[^1]["stream"]);
        foreach (string option in (string[])["-q", "--progress=plain", "--progress=auto"])
            Assert.Equal($"Loaded image: {target}\n", other.Run("load", option, "-i", archive).Exits(0).Out);
    }

    [Theory]
    [InlineData("TERM=xterm LANG=C.UTF-8 NO_COLOR=", "", true, true)]
    [InlineData("TERM=xterm LC_ALL=C NO_COLOR=1", "", true, false)]
    [InlineData("TERM=dumb LANG=C.UTF-8", "", false, false)]
    [InlineData("TERM=xterm LANG=C.UTF-8", "--progress=plain", false, false)]
    [InlineData("TERM=dumb LC_ALL=C", "--progress=tty", true, true)]
    public void Terminal_shows_bars_where_it_can(string variables, string option, bool hasBars, bool hasColours)
    {
        using Store store = new(host, "erofs");
        using HoldingProxy proxy = new(host.RegistryPort);
        proxy.HoldAfter(20_000_000);
        using Command pull = OnTerminal(store, variables, $"pull {option} 127.0.0.1:{proxy.Port}/debian:bookworm");
        Wait.Until(() => proxy.Passed > 19_900_000, "the bytes before the hold");
        if (hasBars) WaitForBar(store);
        proxy.HoldAfter(long.MaxValue);
        string seen = pull.Finish().Exits(0).Out;
        Assert.Equal(hasBars, seen.Contains(": Downloading ", StringComparison.Ordinal));
        Assert.Equal(hasBars && variables.Contains("UTF-8"), seen.Contains('━'));
        Assert.Equal(hasColours, seen.Contains("\e[36m", StringComparison.Ordinal));
        Assert.Equal(hasBars, seen.Contains('\e'));
        Assert.Contains(": Pull complete", seen.Replace("\e[32m", ""));
        Assert.EndsWith("/debian:bookworm\r\n", seen);
    }

    [Fact]
    public void Interrupt_leaves_the_terminal_as_it_was()
    {
        using Store store = new(host, "erofs");
        using HoldingProxy proxy = new(host.RegistryPort);
        proxy.HoldAfter(20_000_000);
        using Command pull = OnTerminal(
            store, "TERM=xterm LANG=C.UTF-8", $"pull 127.0.0.1:{proxy.Port}/debian:bookworm");
        Wait.Until(() => proxy.Passed > 19_900_000, "the bytes before the hold");
        WaitForBar(store);
        pull.Input.Write(Interrupt);
        pull.Input.Flush();
        string seen = pull.Finish().Exits(130).Out;
        int end = seen.LastIndexOf("\e[J", StringComparison.Ordinal);
        // The last state of the layer, a line of its own, and the reason below it; no colour goes on, no mode is set.
        Assert.Matches("^\e\\[J[0-9a-f]{12}: [^\r\n]* [0-9.]+MB/[0-9.]+MB\r+\nskiff: pull [^\r\n]*: interrupted; "
            + "[^\r\n]*\r\n$", seen[end..]);
        Assert.True(seen.LastIndexOf("\e[0m", StringComparison.Ordinal)
            > seen.LastIndexOf("\e[36m", StringComparison.Ordinal), seen);
        Assert.DoesNotContain("\e[?", seen);
    }

    private static JsonNode[] Json(string output) =>
        [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!)];

    // The shell gives way to skiff, so that the exit code is its own, whatever a shell makes of Ctrl-C.
    private Command OnTerminal(Store store, string variables, string words)
    {
        string script = $"stty cols 100 rows 20; exec env -u NO_COLOR -u LC_ALL {variables} "
            + $"{host.Binary} --root {store.Root} --run-root {store.Root}.run {words}";
        return Command.Start("/usr/bin/script", ["-qfec", script, Seen(store)]);
    }

    private static string Seen(Store store) => Path.Combine(store.Folder, "seen");

    private static void WaitForBar(Store store) => Wait.Until(
        () => File.ReadAllText(Seen(store)).Contains(": Downloading ", StringComparison.Ordinal), "a bar");
}
