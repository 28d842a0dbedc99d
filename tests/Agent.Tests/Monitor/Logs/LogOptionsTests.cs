using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Agent.Monitor.Logs;

namespace Skiff.Agent.Tests.Monitor.Logs;

public class LogOptionsTests
{
    // The quoted parts are docker 28's.
    [Theory]
    [InlineData("foo", "", "unknown --log-driver \"foo\"")]
    [InlineData("local", "foo=bar", "unknown log opt 'foo' for local log driver")]
    [InlineData("local", "tag=x", "unknown log opt 'tag' for local log driver")]
    [InlineData("json-file", "foo=bar", "unknown log opt 'foo' for json-file log driver")]
    [InlineData("journald", "max-size=1m", "unknown log opt 'max-size' for journald log driver")]
    [InlineData("syslog", "max-size=1m", "unknown log opt 'max-size' for syslog log driver")]
    [InlineData("none", "mode=non-blocking", "invalid logging opts for driver none")]
    [InlineData("local", "max-size=abc", "max-size: abc: invalid size: 'abc'")]
    [InlineData("json-file", "max-size=0", "max-size must be a positive number")]
    [InlineData("local", "max-size=-1", "max-size: -1: ")]
    [InlineData("local", "max-file=abc", "strconv.Atoi: parsing \"abc\": invalid syntax")]
    [InlineData("json-file", "max-file=0", "max-file cannot be less than 1")]
    [InlineData("local", "max-file=10001", "max-file cannot be more than 10000")]
    [InlineData("local", "compress=abc", "strconv.ParseBool: parsing \"abc\": invalid syntax")]
    [InlineData("local", "compress=true max-file=1", "compression cannot be enabled when max file count is 1")]
    [InlineData("json-file", "labels-regex=(", "error parsing regexp: missing closing ): `(`")]
    [InlineData("syslog", "env-regex=[", "--log-opt env-regex")]
    [InlineData("json-file", "tag={{.Foo}}", "can't evaluate .Foo")]
    [InlineData("json-file", "tag={{.Foo", "unclosed action")]
    [InlineData("local", "mode=foo", "--log-opt mode: logging mode not supported: foo")]
    [InlineData("local", "max-buffer-size=1m", "max-buffer-size: option is only supported with 'mode=non-blocking'")]
    [InlineData("local", "mode=blocking max-buffer-size=1m", "only supported with 'mode=non-blocking'")]
    [InlineData("local", "mode=non-blocking max-buffer-size=abc", "max-buffer-size: abc: invalid size: 'abc'")]
    [InlineData("local", "mode=non-blocking max-buffer-size=1g", "max-buffer-size cannot be more than 64m")]
    [InlineData("syslog", "syslog-address=foo", "unsupported scheme: ''")]
    [InlineData("syslog", "syslog-address=http://a", "unsupported scheme: 'http'")]
    [InlineData("syslog", "syslog-address=tcp+tls://a", "TLS is not supported")]
    [InlineData("syslog", "syslog-tls-ca-cert=/a", "--log-opt syslog-tls-ca-cert is not supported")]
    [InlineData("syslog", "syslog-address=udp://a:1111111", "invalid port")]
    [InlineData("syslog", "syslog-address=unix://a", "expected an absolute path")]
    [InlineData("syslog", "syslog-facility=foo", "invalid syslog facility")]
    [InlineData("syslog", "syslog-facility=99", "invalid syslog facility")]
    [InlineData("syslog", "syslog-format=foo", "Invalid syslog format")]
    [InlineData("syslog", "cache-disabled=x", "cache-disabled: x")]
    [InlineData("journald", "cache-max-file=0", "cache-max-file cannot be less than 1")]
    public void A_bad_option_is_refused_by_name(string driver, string options, string problem) =>
        Assert.Contains(problem, Assert.Throws<UsageException>(() => LogOptions.Read(driver, Pairs(options))).Message);

    [Theory]
    [InlineData("", "", 20 << 20, 5, true)]
    [InlineData("json-file", "", 20 << 20, 5, true)]
    [InlineData("local", "max-size=10k max-file=3 compress=false", 10240, 3, false)]
    [InlineData("local", "max-file=1", 20 << 20, 1, false)]
    [InlineData("syslog", "cache-max-size=1m cache-max-file=2 cache-compress=0", 1 << 20, 2, false)]
    public void Logs_are_bounded_whatever_is_asked_for(
        string driver, string options, long bytes, int files, bool compress) =>
        Assert.Equal(new LogLimits(bytes, files, compress), LogOptions.Read(driver, Pairs(options)).Limits);

    [Theory]
    [InlineData("udp://", "udp 127.0.0.1 514")]
    [InlineData("tcp://log.example:601", "tcp log.example 601")]
    [InlineData("udp://[::1]:99", "udp ::1 99")]
    [InlineData("udp://[::1]", "udp ::1 514")]
    [InlineData("unixgram:///dev/log", "unixgram /dev/log 0")]
    public void A_syslog_address_is_read(string text, string expected)
    {
        SyslogSettings settings = SyslogSettings.Read(LogOptions.Read("syslog", Pairs($"syslog-address={text}")));
        Assert.Equal(expected, $"{settings.Network} {settings.Address} {settings.Port}");
    }

    [Fact]
    public void A_tag_names_what_the_container_is()
    {
        var config = Container();
        Assert.Equal("web/aaaaaaaaaaaa busybox sh -c x sha256:12345",
            LogTag.Render("{{.Name}}/{{ .ID }} {{.ImageName}} {{.Command}} {{.ImageID}}", config));
    }

    [Fact]
    public void Attributes_are_the_labels_and_variables_that_were_asked_for()
    {
        LogOptions options = LogOptions.Read("json-file", Pairs("labels=a,none labels-regex=^x env=HOME env-regex=^P"));
        Assert.Equal(new Dictionary<string, string>
        {
            ["a"] = "1", ["xa"] = "2", ["HOME"] = "/", ["PATH"] = "/bin",
        }, LogAttributes.Of(Container(), options, static name => name));
    }

    [Theory]
    [InlineData("l.x-y", "L_X_Y")]
    [InlineData("__a9", "A9")]
    [InlineData("ü", "")]
    public void A_name_becomes_a_field_of_the_journal(string name, string field) =>
        Assert.Equal(field, JournaldDriver.FieldName(name));

    [Theory]
    [InlineData("", "<30>Jan  2 03:04:05 t[1]: ")]
    [InlineData("rfc3164", "<30>Jan  2 03:04:05 host t[1]: ")]
    [InlineData("rfc5424", "<30>1 2026-01-02T03:04:05Z host t[1]: ")]
    [InlineData("rfc5424micro", "<30>1 2026-01-02T03:04:05.123456Z host t[1]: ")]
    public void Syslog_lines_begin_as_the_format_says(string format, string expected)
    {
        var entry = new LogEntry(1, false, false, 1_767_323_045_123_456_700);
        var settings = new SyslogSettings("udp", "", 1, 3, format);
        DateTimeOffset time = DateTimeOffset.UnixEpoch.AddTicks(entry.UnixNanoseconds / 100);
        if (TimeZoneInfo.Local.GetUtcOffset(time) != TimeSpan.Zero) Assert.Skip("the expected texts are for UTC");
        Assert.Equal(expected, SyslogDriver.Head(settings, entry, "host", "t[1]:"));
    }

    private static ContainerConfig Container() => new()
    {
        Id = new string('a', 64), Name = "web", Created = default, Image = "busybox", ImageId = "sha256:123456789",
        DiffIds = [], Args = ["sh", "-c", "x"], Env = ["HOME=/", "PATH=/bin", "B"],
        Labels = new() { ["a"] = "1", ["xa"] = "2", ["ax"] = "3" },
    };

    private static Dictionary<string, string> Pairs(string text) => text
        .Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=', 2))
        .ToDictionary(pair => pair[0], pair => pair[1]);
}
