using Skiff.Agent.Images;
using Skiff.Agent.Manager;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Tests.Images;

/// <summary>The instructions of <c>commit -c</c>, by what Docker makes of the same lines.</summary>
public sealed class ConfigChangesTests
{
    private static readonly ContainerDefaults s_before = new()
    {
        Env = ["PATH=/bin", "KEEP=1"], Cmd = ["sh"], Entrypoint = ["/init"], WorkingDir = "/srv",
        Labels = new() { ["a"] = "1" },
    };

    [Theory]
    [InlineData("CMD [\"a\", \"b c\"]", "/init|a,b c")]
    [InlineData("cmd echo $HOME", "/init|/bin/sh,-c,echo $HOME")]
    [InlineData("CMD [\"a\", b]", "/init|/bin/sh,-c,[\"a\", b]")]
    [InlineData("CMD", "/init|")]
    [InlineData("ENTRYPOINT [\"/e\"]", "/e|")]
    [InlineData("CMD [\"c\"]\nENTRYPOINT [\"/e\"]", "/e|c")]
    [InlineData("ENTRYPOINT [\"/e\"]\nCMD [\"c\"]", "/e|c")]
    public void Commands_are_arrays_or_lines_for_a_shell(string changes, string expected)
    {
        ContainerDefaults after = Apply(changes);
        Assert.Equal(expected, $"{string.Join(',', after.Entrypoint ?? [])}|{string.Join(',', after.Cmd ?? [])}");
    }

    [Theory]
    [InlineData("ENV A=1 B=\"two words\" C='$PATH' D=x\\ y", "PATH=/bin;KEEP=1;A=1;B=two words;C=$PATH;D=x y")]
    [InlineData("ENV A the whole  rest", "PATH=/bin;KEEP=1;A=the whole rest")]
    [InlineData("ENV PATH=$PATH:/x:${KEEP}y$NONE\\$", "PATH=/bin:/x:1y$;KEEP=1")]
    public void Environment_grows_and_is_expanded(string change, string expected) =>
        Assert.Equal(expected, string.Join(';', Apply(change).Env!));

    [Theory]
    [InlineData("EXPOSE 80 53/udp 90-92/TCP", "53/udp 80/tcp 90/tcp 91/tcp 92/tcp")]
    [InlineData("VOLUME [\"/a b\", \"/c\"]", "/a b /c")]
    [InlineData("VOLUME /a /c", "/a /c")]
    [InlineData("LABEL b=2 a=\"x y\"", "a=x y b=2")]
    [InlineData("USER 1000:1000", "1000:1000")]
    [InlineData("STOPSIGNAL SIGQUIT", "SIGQUIT")]
    [InlineData("STOPSIGNAL RTMIN+3", "RTMIN+3")]
    [InlineData("WORKDIR /new", "/new")]
    [InlineData("WORKDIR sub/../dir", "/srv/dir")]
    public void Every_other_instruction_changes_its_field(string change, string expected)
    {
        ContainerDefaults after = Apply(change);
        string got = change.Split(' ')[0] switch
        {
            "EXPOSE" => string.Join(' ', after.ExposedPorts!.Keys.Order(StringComparer.Ordinal)),
            "VOLUME" => string.Join(' ', after.Volumes!.Keys.Order(StringComparer.Ordinal)),
            "LABEL" => string.Join(' ', after.Labels!.Select(label => $"{label.Key}={label.Value}").Order()),
            "STOPSIGNAL" => after.StopSignal!,
            "USER" => after.User!,
            _ => after.WorkingDir!,
        };
        Assert.Equal(expected, got);
    }

    [Theory]
    [InlineData("HEALTHCHECK NONE", "NONE 0 0 0 0 0")]
    [InlineData("healthcheck cmd curl -f $HOST || exit 1", "CMD-SHELL,curl -f $HOST || exit 1 0 0 0 0 0")]
    [InlineData("HEALTHCHECK --retries=3 CMD [\"/probe\", \"a b\"]", "CMD,/probe,a b 0 0 0 0 3")]
    [InlineData("HEALTHCHECK --interval=1m30s  --timeout=250ms --start-period=0s --start-interval=1.5s CMD x",
        "CMD-SHELL,x 90000000000 250000000 0 1500000000 0")]
    [InlineData("HEALTHCHECK --retries=3 CMD x\nHEALTHCHECK CMD y", "CMD-SHELL,y 0 0 0 0 0")]
    public void Health_checks_are_read_as_Docker_reads_them(string changes, string expected)
    {
        Healthcheck check = Apply(changes).Healthcheck!;
        Assert.Equal(expected, $"{string.Join(',', check.Test!)} {check.IntervalNs} {check.TimeoutNs} "
            + $"{check.StartPeriodNs} {check.StartIntervalNs} {check.Retries}");
    }

    [Fact]
    public void Triggers_of_later_builds_are_kept_as_they_are() =>
        Assert.Equal(["RUN make  $X", "copy . /"], Apply("ONBUILD RUN make  $X\nonbuild copy . /").OnBuild!);

    [Theory]
    [InlineData("RUN true", "RUN is not a valid change command")]
    [InlineData("EXPOSE 99999", "invalid containerPort: 99999")]
    [InlineData("EXPOSE 9-8", "invalid containerPort: 9-8")]
    [InlineData("ENV A", "ENV must have two arguments")]
    [InlineData("ENV A=1 B", "can't find = in \"B\"")]
    [InlineData("LABEL =x", "LABEL names can not be blank")]
    [InlineData("USER", "USER requires at least one argument")]
    [InlineData("USER a b", "USER requires exactly one argument")]
    [InlineData("HEALTHCHECK", "HEALTHCHECK requires at least one argument")]
    [InlineData("HEALTHCHECK NONE x", "HEALTHCHECK NONE takes no arguments")]
    [InlineData("HEALTHCHECK RUN x", "Unknown type \"RUN\" in HEALTHCHECK (try CMD)")]
    [InlineData("HEALTHCHECK CMD", "Missing command after HEALTHCHECK CMD")]
    [InlineData("HEALTHCHECK CMD []", "Missing command after HEALTHCHECK CMD")]
    [InlineData("HEALTHCHECK --every=1s CMD x", "unknown flag: --every")]
    [InlineData("HEALTHCHECK --timeout CMD x", "missing a value on flag: --timeout")]
    [InlineData("HEALTHCHECK --timeout=1s --timeout=2s CMD x", "duplicate flag specified: --timeout")]
    [InlineData("HEALTHCHECK --interval=5 CMD x", "missing unit in duration \"5\"")]
    [InlineData("HEALTHCHECK --interval=1us CMD x", "--interval: \"1us\" cannot be less than 1ms")]
    [InlineData("HEALTHCHECK --start-period=-1s CMD x", "cannot be less than 1ms")]
    [InlineData("HEALTHCHECK --timeout=9999999h CMD x", "invalid duration \"9999999h\"")]
    [InlineData("HEALTHCHECK --retries=-1 CMD x", "not negative: \"-1\"")]
    [InlineData("ONBUILD onbuild RUN x", "Chaining ONBUILD")]
    [InlineData("ONBUILD FROM x", "FROM isn't allowed as an ONBUILD trigger")]
    [InlineData("STOPSIGNAL SIGNOPE", "invalid signal: SIGNOPE")]
    [InlineData("VOLUME [\"\"]", "VOLUME specified can not be an empty string")]
    [InlineData("ENV A=\"x", "looking for matching \"")]
    [InlineData("ENV A=${B:-c}", "unsupported substitution")]
    public void What_is_wrong_is_said(string change, string expected) =>
        Assert.Contains(expected, Assert.Throws<UsageException>(() => Apply(change)).Message);

    private static ContainerDefaults Apply(string changes) => ConfigChanges.Apply(s_before, changes.Split('\n'));
}
