using Skiff.Interop.Processes;

namespace Skiff.Interop.Tests.Processes;

/// <summary>Name tables of signals, capabilities and limits, against the tools that print them.</summary>
public class NamesTests
{
    [Theory]
    [InlineData("SIGTERM", 15)]
    [InlineData("term", 15)]
    [InlineData("15", 15)]
    [InlineData("SIGRTMIN", 34)]
    [InlineData("RTMIN+3", 37)]
    [InlineData("SIGRTMAX-2", 62)]
    [InlineData("RTMAX", 64)]
    [InlineData("iot", 6)]
    public void A_signal_is_read_from_its_forms(string text, int expected)
    {
        Assert.True(Signals.TryParse(text, out int signal));
        Assert.Equal(expected, signal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("65")]
    [InlineData("-1")]
    [InlineData("SIG")]
    [InlineData("SIGFOO")]
    [InlineData("RTMIN+31")]
    [InlineData("RTMIN-1")]
    [InlineData("RTMAX+1")]
    [InlineData("99999999999")]
    public void A_text_that_is_no_signal_is_refused(string text) => Assert.False(Signals.TryParse(text, out _));

    [Fact]
    public void Signal_names_are_those_of_the_shell()
    {
        string[] names = Run.Captured("/bin/bash", ["bash", "-c", "for i in {1..31} {34..49}; do kill -l $i; done"], [])
            .Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        for (int i = 0; i < names.Length; i++)
            Assert.Equal("SIG" + names[i], Signals.NameOf(i < 31 ? i + 1 : i + 3));
    }

    [Fact]
    public void Capability_names_and_numbers_are_those_of_the_kernel_headers()
    {
        const string path = "/usr/include/linux/capability.h";
        Assert.SkipUnless(File.Exists(path), "package linux-libc-dev is not installed");
        int found = 0;
        foreach (string line in File.ReadLines(path))
        {
            string[] words = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            if (words is not ["#define", var name, var number, ..] || !name.StartsWith("CAP_") || !int.TryParse(number,
                out int bit))
                continue;
            Assert.Equal(name, Capabilities.NameOf(bit));
            Assert.True(Capabilities.TryParse(name, out int parsed) && parsed == bit);
            found++;
        }
        Assert.Equal(Capabilities.Known, found);
        Assert.Equal(41, found);
    }

    [Fact]
    public void Limit_names_and_numbers_are_those_of_prlimit()
    {
        string output = Run.Captured("/usr/bin/prlimit", ["prlimit", "--noheadings", "-o", "RESOURCE"], []).Output;
        foreach (string name in output.Split('\n',
            StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            Assert.True(Rlimits.TryParseName(name, out int resource)
                && Rlimits.NameOf(resource) == name.ToLowerInvariant());
    }

    [Theory]
    [InlineData("nofile=1024:2048", "nofile=1024:2048")]
    [InlineData("nofile=1024", "nofile=1024:1024")]
    [InlineData("core=-1", "core=-1:-1")]
    [InlineData("core=0:-1", "core=0:-1")]
    public void A_limit_is_read_as_docker_writes_it(string text, string expected)
    {
        Assert.True(Rlimits.TryParse(text, out Rlimit limit));
        Assert.Equal(expected, limit.ToString());
    }

    [Theory]
    [InlineData("nofile")]
    [InlineData("nofile=")]
    [InlineData("nofile=2:1")]
    [InlineData("nofile=-1:1")]
    [InlineData("nofile=1:")]
    [InlineData("nofile=-2")]
    [InlineData("files=1")]
    public void A_limit_that_makes_no_sense_is_refused(string text) => Assert.False(Rlimits.TryParse(text, out _));

    [Theory]
    [InlineData("", "", 0x00000000a80425fbUL)]
    [InlineData("NET_ADMIN", "", 0x00000000a80435fbUL)]
    [InlineData("cap_sys_time", "CAP_CHOWN", 0x00000000aa0425faUL)]
    [InlineData("", "ALL", 0UL)]
    [InlineData("NET_BIND_SERVICE", "all", 1UL << 10)]
    [InlineData("KILL", "KILL", 0x00000000a80425fbUL)]
    public void Capabilities_are_composed_as_docker_does(string add, string drop, ulong expected)
    {
        Assert.True(Capabilities.TryCompose(Split(add), Split(drop), out CapabilitySet set, out _));
        Assert.Equal(expected, set.Bits);
    }

    [Fact]
    public void All_without_one_is_everything_else()
    {
        Assert.True(Capabilities.TryCompose(["ALL"], ["SYS_ADMIN"], out CapabilitySet set, out _));
        Assert.Equal(Capabilities.All - new CapabilitySet(1UL << 21), set);
        Assert.True(Capabilities.TryCompose(["ALL"], ["ALL", "SYS_ADMIN"], out CapabilitySet both, out _));
        Assert.Equal(set, both);
        Assert.Equal(14, Capabilities.Default.ToNames().Count);
    }

    [Fact]
    public void An_unknown_capability_is_named()
    {
        Assert.False(Capabilities.TryCompose(["NET_ADMIN", "FLY"], [], out _, out string? unknown));
        Assert.Equal("FLY", unknown);
    }

    [Fact]
    public void Own_capabilities_are_those_of_proc()
    {
        string permitted = Array.Find(File.ReadAllLines("/proc/thread-self/status"),
            line => line.StartsWith("CapPrm"))!;
        Assert.Equal(Convert.ToUInt64(permitted[8..].Trim(), 16), Capabilities.Current().Permitted.Bits);
    }

    private static string[] Split(string names) => names.Split(',', StringSplitOptions.RemoveEmptyEntries);
}
