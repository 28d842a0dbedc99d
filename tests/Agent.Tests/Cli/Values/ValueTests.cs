using Skiff.Agent.Cli;
using Skiff.Agent.Cli.Values;
using Skiff.Agent.Manager;
using Skiff.Interop.Cgroups;
using Skiff.Interop.Ebpf;

namespace Skiff.Agent.Tests.Cli.Values;

public sealed class ValueTests
{
    [Theory]
    [InlineData("64m", 67108864L)]
    [InlineData("64M", 67108864L)]
    [InlineData("64mb", 67108864L)]
    [InlineData("64MiB", 67108864L)]
    [InlineData("64 MB", 67108864L)]
    [InlineData("1.5g", 1610612736L)]
    [InlineData("512k", 524288L)]
    [InlineData("1024", 1024L)]
    [InlineData("1024b", 1024L)]
    [InlineData("2t", 2199023255552L)]
    [InlineData("1p", 1125899906842624L)]
    [InlineData("0", 0L)]
    [InlineData(".5k", 512L)]
    public void Sizes_are_binary_as_in_docker(string text, long bytes)
    {
        Assert.True(ByteSize.TryParse(text, out long parsed, out _));
        Assert.Equal(bytes, parsed);
    }

    [Theory]
    [InlineData("", "invalid size: ''")]
    [InlineData("m", "invalid size: 'm'")]
    [InlineData("-1", "invalid size: '-1'")]
    [InlineData("1.2.3k", "invalid size: '1.2.3k'")]
    [InlineData("99999999p", "invalid size: '99999999p'")]
    [InlineData("64x", "invalid suffix: 'x'")]
    [InlineData("64mx", "invalid suffix: 'mx'")]
    [InlineData("64mibs", "invalid suffix: 'mibs'")]
    [InlineData("64bb", "invalid suffix: 'bb'")]
    public void Bad_sizes_are_refused_in_dockers_words(string text, string problem)
    {
        Assert.False(ByteSize.TryParse(text, out _, out string actual));
        Assert.Equal(problem, actual);
    }

    [Theory]
    [InlineData("10s", 10_000)]
    [InlineData("1m30s", 90_000)]
    [InlineData("1.5h", 5_400_000)]
    [InlineData("250ms", 250)]
    [InlineData("1h0m0.5s", 3_600_500)]
    [InlineData("-3s", -3_000)]
    [InlineData("0", 0)]
    [InlineData("5000us", 5)]
    public void Durations_are_gos(string text, double milliseconds)
    {
        Assert.True(GoDuration.TryParse(text, out TimeSpan duration, out _));
        Assert.Equal(milliseconds, duration.TotalMilliseconds);
    }

    [Theory]
    [InlineData("10", "time: missing unit in duration \"10\"")]
    [InlineData("10x", "time: unknown unit \"x\" in duration \"10x\"")]
    [InlineData("", "time: invalid duration \"\"")]
    [InlineData("s", "time: invalid duration \"s\"")]
    [InlineData("-", "time: invalid duration \"-\"")]
    public void Bad_durations_are_refused_in_gos_words(string text, string problem)
    {
        Assert.False(GoDuration.TryParse(text, out _, out string actual));
        Assert.Equal(problem, actual);
    }

    [Fact]
    public void A_bad_value_names_its_option()
    {
        var parsed = new ParsedArguments();
        parsed.Add(Option.Value("memory", "bytes", "", 'm'), "lots");
        parsed.Add(Option.Value("stop-timeout", "duration", ""), "10");
        Assert.Equal("invalid argument \"lots\" for \"-m, --memory\" flag: invalid size: 'lots'",
            Assert.Throws<UsageException>(() => parsed.Bytes("memory")).Message);
        Assert.Equal("invalid argument \"10\" for \"--stop-timeout\" flag: time: missing unit in duration \"10\"",
            Assert.Throws<UsageException>(() => parsed.Duration("stop-timeout")).Message);
        Assert.Null(parsed.Bytes("memory-swap"));
    }

    [Theory]
    [InlineData("1.5", 150_000L)]
    [InlineData("3/2", 150_000L)]
    [InlineData("15e-1", 150_000L)]
    [InlineData("0.01", 1_000L)]
    [InlineData("4", 400_000L)]
    [InlineData("0", 0L)]
    public void Cpus_become_a_quota(string text, long quota) =>
        Assert.Equal(quota, CpuCount.QuotaUs(CpuCount.Parse(text, available: 4)));

    [Theory]
    [InlineData("x", "failed to parse x as a rational number")]
    [InlineData("1/0", "failed to parse 1/0 as a rational number")]
    [InlineData("1e-99999999999", "failed to parse 1e-99999999999 as a rational number")]
    [InlineData("1/3", "value is too precise")]
    [InlineData("1.0000000001", "value is too precise")]
    [InlineData("-1", "range of CPUs is from 0.01 to 4.00, as there are only 4 CPUs available")]
    [InlineData("4.1", "range of CPUs is from 0.01 to 4.00, as there are only 4 CPUs available")]
    [InlineData("0.001", "range of CPUs is from 0.01 to 4.00, as there are only 4 CPUs available")]
    public void Impossible_cpus_are_refused(string text, string problem) =>
        Assert.EndsWith(problem, Assert.Throws<UsageException>(() => CpuCount.Parse(text, available: 4)).Message);

    [Theory]
    [InlineData("nofile=1024:2048", "nofile", 7, 1024L, 2048L)]
    [InlineData("nproc=100", "nproc", 6, 100L, 100L)]
    [InlineData("core=-1", "core", 4, -1L, -1L)]
    [InlineData("memlock=64:-1", "memlock", 8, 64L, -1L)]
    public void Ulimits_are_read(string text, string name, int resource, long soft, long hard) =>
        Assert.Equal(new Ulimit(name, resource, soft, hard), Ulimit.Parse(text));

    [Theory]
    [InlineData("nofile", "invalid ulimit argument: nofile")]
    [InlineData("files=1", "invalid ulimit type: files")]
    [InlineData("nofile=1:2:3", "too many limit value arguments - 1:2:3, can only have up to two, `soft[:hard]`")]
    [InlineData("nofile=2:1", "ulimit soft limit must be less than or equal to hard limit: 2 > 1")]
    [InlineData("nofile=-1:1", "ulimit soft limit must be less than or equal to hard limit: -1 > 1")]
    [InlineData("nofile=x", "strconv.ParseInt: parsing \"x\": invalid syntax")]
    public void Bad_ulimits_are_refused(string text, string problem) =>
        Assert.Equal($"invalid argument \"{text}\" for \"--ulimit\" flag: {problem}",
            Assert.Throws<UsageException>(() => Ulimit.Parse(text)).Message);

    [Theory]
    [InlineData("/dev/sda", "/dev/sda", "/dev/sda", DeviceAccess.All)]
    [InlineData("/dev/sda:r", "/dev/sda", "/dev/sda", DeviceAccess.Read)]
    [InlineData("/dev/sda:/dev/xvda", "/dev/sda", "/dev/xvda", DeviceAccess.All)]
    [InlineData("/dev/sda:/dev/xvda:rm", "/dev/sda", "/dev/xvda", DeviceAccess.Read | DeviceAccess.Mknod)]
    public void Devices_are_read(string text, string source, string target, DeviceAccess access) =>
        Assert.Equal(new DeviceSpec(source, target, access), DeviceSpec.Parse(text));

    [Theory]
    [InlineData("sda", "sda is not an absolute path")]
    [InlineData("/dev/sda:xvda", "xvda is not an absolute path")]
    [InlineData("/dev/sda:/dev/xvda:rwx", "bad mode specified: rwx")]
    [InlineData("/a:/b:r:w", "bad format for path: /a:/b:r:w")]
    public void Bad_devices_are_refused(string text, string problem) =>
        Assert.Equal($"invalid argument \"{text}\" for \"--device\" flag: {problem}",
            Assert.Throws<UsageException>(() => DeviceSpec.Parse(text)).Message);
}
