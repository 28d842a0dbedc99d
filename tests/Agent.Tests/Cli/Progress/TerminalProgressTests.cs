using Skiff.Agent.Cli.Progress;
using Skiff.Layers.Pipeline;

namespace Skiff.Agent.Tests.Cli.Progress;

/// <summary>Progress on a terminal: what is on its screen after each event.</summary>
public sealed class TerminalProgressTests
{
    private const long Total = 200_000_000;

    private static readonly ProgressStyle s_ascii = new(Unicode: false, Colour: false);
    private static readonly ProgressStyle s_unicode = new(Unicode: true, Colour: true);

    private readonly ManualClock _clock = new();

    [Theory]
    [InlineData(20, "5c4213be9af9: 25%")]
    [InlineData(29, "5c4213be9af9: 25%")]
    [InlineData(30, "5c4213be9af9: Downloading 25%")]
    [InlineData(40, "5c4213be9af9: Downloading    50MB/200MB")]
    [InlineData(51, "5c4213be9af9: Downloading [=>      ]    50MB/200MB")]
    [InlineData(80, "5c4213be9af9: Downloading [===>               ]    50MB/200MB  57.8MB/s      3s")]
    [InlineData(200, "5c4213be9af9: Downloading "
        + "[===========>                                    ]    50MB/200MB  57.8MB/s      3s")]
    public void Line_of_a_layer_has_what_there_is_room_for(int columns, string line)
    {
        var terminal = new FakeTerminal(columns, 24);
        using TerminalProgress progress = Open(terminal, s_ascii);
        Download(progress, "5c4213be9af9", 0);
        _clock.Advance(900);
        Download(progress, "5c4213be9af9", 50_000_000);
        _clock.Advance(100);
        Assert.Equal([line], terminal.Screen);
        Assert.Equal((0, 0), terminal.Cursor);
    }

    [Fact]
    public void Steady_speed_is_shown_with_the_time_that_remains()
    {
        var terminal = new FakeTerminal(80, 24);
        using TerminalProgress progress = Open(terminal, s_ascii);
        Download(progress, "5c4213be9af9", 0);
        for (int i = 1; i <= 20; i++)
        {
            Download(progress, "5c4213be9af9", i * 1_000_000);
            _clock.Advance(100);
        }
        Assert.EndsWith("20MB/200MB    10MB/s     18s", terminal.Screen[0]);
        _clock.Advance(60_000);
        Assert.EndsWith("20MB/200MB                --", terminal.Screen[0]);
    }

    [Theory]
    [InlineData(100, "1m40s")]
    [InlineData(3599, "59m59s")]
    [InlineData(3600, "1h00m")]
    [InlineData(360_000, "--")]
    public void Long_waits_are_shown_in_minutes_and_hours(int seconds, string shown)
    {
        var terminal = new FakeTerminal(80, 24);
        using TerminalProgress progress = Open(terminal, s_ascii);
        progress.Report(new LayerProgress("a", LayerState.Downloading, 0, 1));
        for (int i = 1; i <= 10; i++)
        {
            progress.Report(new LayerProgress("a", LayerState.Downloading, i * 100, 1000 * (seconds + 1L)));
            _clock.Advance(100);
        }
        Assert.EndsWith(" " + shown, terminal.Screen[0]);
    }

    [Fact]
    public void Bytes_of_an_earlier_pull_do_not_count_as_speed()
    {
        var terminal = new FakeTerminal(80, 24);
        using TerminalProgress progress = Open(terminal, s_ascii);
        progress.Report(new LayerProgress("a", LayerState.PullingFsLayer, 0, Total));
        _clock.Advance(100);
        progress.Report(new LayerProgress("a", LayerState.Resuming, 100_000_000, Total));
        _clock.Advance(100);
        Assert.Equal("a: Resuming [===============>                 ]   100MB/200MB                --",
            terminal.Screen[0]);
    }

    [Fact]
    public void Every_step_of_a_pull_is_on_the_screen_below_what_was_there()
    {
        var terminal = new FakeTerminal(60, 24);
        terminal.WriteLine("# skiff pull a");
        using (TerminalProgress progress = Open(terminal, s_ascii))
        {
            progress.Message("Pulling from a", "latest");
            Report(progress, "111111111111", LayerState.AlreadyExists, Total);
            Report(progress, "222222222222", LayerState.PullingFsLayer, 0);
            Assert.Equal(["# skiff pull a", "latest: Pulling from a"], terminal.Screen);
            _clock.Advance(100);
            Assert.Equal(
                ["# skiff pull a", "latest: Pulling from a", "111111111111: Already exists",
                    "222222222222: Pulling fs layer"], terminal.Screen);
            foreach ((LayerState state, long done, string line) in ((LayerState, long, string)[])[
                (LayerState.Downloading, 0, "Downloading [                 ]      0B/200MB"),
                (LayerState.Downloading, Total / 2, "Downloading [=======>         ]   100MB/200MB"),
                (LayerState.VerifyingChecksum, Total, "Verifying Checksum"),
                (LayerState.DownloadComplete, Total, "Download complete"),
                (LayerState.Extracting, Total, "Extracting [==================]   200MB/200MB"),
                (LayerState.PullComplete, Total, "Pull complete")])
            {
                Report(progress, "222222222222", state, done);
                _clock.Advance(100);
                Assert.Equal(4, terminal.Screen.Length);
                Assert.Equal("222222222222: " + line, terminal.Screen[3]);
                Assert.Equal((2, 0), terminal.Cursor);
            }
            progress.Message("Digest: sha256:1");
        }
        Assert.Equal(
            ["# skiff pull a", "latest: Pulling from a", "111111111111: Already exists", "222222222222: Pull complete",
                "Digest: sha256:1"], terminal.Screen);
        Assert.Equal((5, 0), terminal.Cursor);
    }

    [Fact]
    public void Layers_without_room_are_counted_and_all_are_there_at_the_end()
    {
        var terminal = new FakeTerminal(40, 6);
        terminal.WriteLine("before");
        using (TerminalProgress progress = Open(terminal, s_ascii))
        {
            for (int i = 0; i < 12; i++)
                Report(progress, $"layer{i:00}", i < 5 ? LayerState.AlreadyExists : LayerState.Waiting, 0);
            Download(progress, "layer10", 50_000_000);
            _clock.Advance(100);
            Assert.Equal(
                ["layer05: Waiting", "layer06: Waiting", "layer07: Waiting", "layer10: Downloading    50MB/200MB",
                    "... 8 more, 5 done, 3 waiting"], terminal.Screen[^5..]);
            Resize(terminal, progress, 40, 3, reflow: false);
            _clock.Advance(100);
            Assert.Equal(["layer10: Downloading    50MB/200MB", "... 11 more, 5 done, 6 waiting"],
                terminal.Screen[^2..]);
            Resize(terminal, progress, 40, 1, reflow: false);
            _clock.Advance(100);
            Assert.Equal(["... 12 more, 5 done, 6 waiting"], terminal.Screen);
            Resize(terminal, progress, 40, 40, reflow: false);
            _clock.Advance(100);
            Assert.Equal(12, terminal.Screen.Length);
        }
        Assert.Equal(
            ["before", .. Enumerable.Range(0, 12).Select(i => $"layer{i:00}: "
                + (i < 5 ? "Already exists" : i == 10 ? "Downloading    50MB/200MB" : "Waiting"))], terminal.All);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Resizing_leaves_nothing_behind(bool reflow)
    {
        var terminal = new FakeTerminal(200, 24);
        terminal.WriteLine("before");
        using TerminalProgress progress = Open(terminal, s_unicode);
        Download(progress, "111111111111", 1);
        Download(progress, "222222222222", Total / 2);
        _clock.Advance(100);
        Assert.Equal(108, terminal.Screen[1].Length);
        foreach (int columns in (int[])[40, 20, 80, 21, 200, 7])
        {
            Resize(terminal, progress, columns, 24, reflow);
            _clock.Advance(100);
            Assert.Equal(3, terminal.Screen.Length);
            Assert.Equal("before", terminal.Screen[0]);
            Assert.StartsWith(columns < 20 ? "11111…" : "111111111111", terminal.Screen[1]);
            Assert.StartsWith(columns < 20 ? "22222…" : "222222222222", terminal.Screen[2]);
        }
    }

    [Fact]
    public void Size_that_came_and_went_is_noticed()
    {
        var terminal = new FakeTerminal(80, 24);
        using TerminalProgress progress = Open(terminal, s_ascii);
        Report(progress, "111111111111", LayerState.Waiting, 0);
        _clock.Advance(100);
        Resize(terminal, progress, 10, 24, reflow: false);
        Resize(terminal, progress, 80, 24, reflow: false);
        Assert.Equal(["1111111111"], terminal.Screen);
        _clock.Advance(100);
        Assert.Equal(["111111111111: Waiting"], terminal.Screen);
    }

    [Theory]
    [InlineData(200, "layers/名前のとても長いレイヤー/layer.tar: Loading layer ")]
    [InlineData(80, "layers/名前のとても長いレ…: Loading layer ━")]
    [InlineData(40, "layers/名前…:  Loading layer 50%")]
    [InlineData(20, "layers/名前…: 50%")]
    [InlineData(10, "layers/…")]
    public void Names_of_wide_characters_are_cut_between_them(int columns, string start)
    {
        var terminal = new FakeTerminal(columns, 24);
        using TerminalProgress progress = Open(terminal, s_unicode);
        Report(progress, "layers/名前のとても長いレイヤー/layer.tar", LayerState.Loading, Total / 2);
        _clock.Advance(100);
        Assert.StartsWith(start, terminal.Screen[0]);
    }

    [Theory]
    [InlineData("a\e[2Jb\r\nc", "a?[2Jb??c: Waiting", "a?[2Jb??c: Waiting")]
    [InlineData("a\u202eb\u200dc", "a?b?c: Waiting", "a?b?c: Waiting")]
    [InlineData("e\u0301 名", "e\u0301 名: Waiting", "e? ?: Waiting")]
    public void Names_cannot_move_the_cursor(string name, string shown, string inAscii)
    {
        foreach ((ProgressStyle style, string expected) in
            ((ProgressStyle, string)[])[(s_unicode, shown), (s_ascii, inAscii)])
        {
            var terminal = new FakeTerminal(80, 24);
            using TerminalProgress progress = Open(terminal, style);
            Report(progress, name, LayerState.Waiting, 0);
            _clock.Advance(100);
            Assert.Equal([expected], terminal.Screen);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Colours_end_where_they_began_and_are_left_out_when_unwanted(bool colour)
    {
        var terminal = new FakeTerminal(80, 24);
        using TerminalProgress progress = Open(terminal, new ProgressStyle(Unicode: true, colour));
        Download(progress, "111111111111", Total / 2);
        Report(progress, "222222222222", LayerState.PullComplete, Total);
        _clock.Advance(100);
        Assert.False(terminal.IsColoured);
        Assert.Equal(colour, terminal.Written.ToString().Contains("\e[3", StringComparison.Ordinal));
        Assert.Equal("111111111111: Downloading ━━━━━━━━━━───────────   100MB/200MB                --",
            terminal.Screen[0]);
        Assert.Equal("222222222222: Pull complete", terminal.Screen[1]);
    }

    [Fact]
    public void What_did_not_change_is_not_written_again()
    {
        var terminal = new FakeTerminal(40, 24);
        using TerminalProgress progress = Open(terminal, s_ascii);
        Report(progress, "111111111111", LayerState.AlreadyExists, 0);
        Download(progress, "222222222222", 0);
        _clock.Advance(100);
        terminal.Written.Clear();
        _clock.Advance(1000);
        Assert.Equal("", terminal.Written.ToString());
        Download(progress, "222222222222", Total);
        _clock.Advance(100);
        Assert.Equal("\r\n\r222222222222: Downloading   200MB/200MB\e[K\r\e[1A", terminal.Written.ToString());
    }

    [Fact]
    public void Ending_in_the_middle_leaves_the_state_and_a_free_line()
    {
        var terminal = new FakeTerminal(80, 24);
        using (TerminalProgress progress = Open(terminal, s_unicode))
        {
            Download(progress, "111111111111", Total / 2);
            _clock.Advance(100);
            terminal.Write("^C");
        }
        Assert.Equal(["111111111111: Downloading ━━━━━━━━━━━━━━━━━━━────────────────────   100MB/200MB"],
            terminal.Screen);
        Assert.Equal((1, 0), terminal.Cursor);
        Assert.False(terminal.IsColoured);
        terminal.Written.Clear();
        _clock.Advance(1000);
        Assert.Equal("", terminal.Written.ToString());
    }

    [Fact]
    public void Reporting_allocates_nothing()
    {
        var terminal = new FakeTerminal(80, 24);
        using TerminalProgress progress = Open(terminal, s_unicode);
        Download(progress, "111111111111", 0);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++) Download(progress, "111111111111", i);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Nothing_ever_wraps_or_damages_what_is_above()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var terminal = new FakeTerminal(200, 30);
            terminal.WriteLine("above");
            using (TerminalProgress progress = Open(terminal, new ProgressStyle(seed % 2 == 0, seed % 3 == 0)))
                for (int step = 0; step < 60; step++)
                {
                    if (random.Next(8) == 0 || step == 59)
                        Resize(terminal, progress, step == 59 ? 100 : random.Next(6, 200), random.Next(1, 40),
                            reflow: random.Next(2) == 0);
                    var states = Enum.GetValues<LayerState>();
                    Report(progress, $"layer {random.Next(20)} 名前", states[random.Next(states.Length)],
                        random.NextInt64(Total + 1));
                    _clock.Advance(random.Next(150));
                }
            Assert.Equal("above", terminal.All[0]);
            Assert.Equal(terminal.All.Distinct(), terminal.All);
            Assert.InRange(terminal.All.Length, 2, 21);
            Assert.Equal(0, terminal.Cursor.Column);
        }
    }

    private TerminalProgress Open(FakeTerminal terminal, ProgressStyle style) =>
        new(terminal, () => terminal.Size, style, _clock);

    private static void Resize(
        FakeTerminal terminal, TerminalProgress progress, int columns, int rows, bool reflow)
    {
        terminal.Resize(columns, rows, reflow);
        progress.Resized();
    }

    private static void Download(TerminalProgress progress, string id, long done) =>
        Report(progress, id, LayerState.Downloading, done);

    private static void Report(TerminalProgress progress, string id, LayerState state, long done) =>
        progress.Report(new LayerProgress(id, state, done, Total, "a/b"));
}
