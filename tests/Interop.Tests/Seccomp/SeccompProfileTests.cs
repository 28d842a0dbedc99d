using System.Text;
using Skiff.Interop.Seccomp;

namespace Skiff.Interop.Tests.Seccomp;

public sealed class SeccompProfileTests
{
    [Theory]
    [InlineData("{", "is no valid JSON")]
    [InlineData("[]", "the profile is a JSON Array, a Object is wanted")]
    [InlineData("{}", "defaultAction is missing")]
    [InlineData("""{"defaultAction":"DENY"}""", "defaultAction is \"DENY\", which is no known action")]
    [InlineData("""{"defaultAction":"SCMP_ACT_NOTIFY"}""", "needs a listener")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","listenerPath":"/run/x.sock"}""", "listenerPath is there")]
    public void A_bad_profile_is_refused_with_the_place(string json, string message)
    {
        FormatException e = Assert.Throws<FormatException>(() => SeccompProfile.Parse(Encoding.UTF8.GetBytes(json)));
        Assert.Contains(message, e.Message);
    }

    [Theory]
    [InlineData("""  "flags":["TSYNC"]  """, "flags has \"TSYNC\", which is not supported")]
    [InlineData("""  "syscalls":[{}]  """, "syscalls[0].action is missing")]
    [InlineData("""  "architectures":["SCMP_ARCH_X86"],"archMap":[{"architecture":"SCMP_ARCH_X86_64"}]  """,
        "architectures and archMap are both there")]
    public void A_bad_part_is_refused_with_the_place(string part, string message) =>
        A_bad_profile_is_refused_with_the_place($$"""{"defaultAction":"SCMP_ACT_ALLOW",{{part}}}""", message);

    [Theory]
    [InlineData("""  "names":[7]  """, "syscalls[0].names[0] is a JSON Number, a String is wanted")]
    [InlineData("""  "name":"a","names":["b"]  """, "syscalls[0].name and names are both there")]
    [InlineData("""  "args":[{"index":6,"op":"SCMP_CMP_EQ"}]  """,
        "args[0].index is 6; system calls have arguments 0 to 5")]
    [InlineData("""  "args":[{"index":0,"op":"="}]  """, "syscalls[0].args[0].op is \"=\"; known are SCMP_CMP_EQ")]
    [InlineData("""  "args":[{"index":0,"value":-1,"op":"SCMP_CMP_EQ"}]  """, "syscalls[0].args[0].value is -1")]
    [InlineData("""  "errnoRet":70000  """, "syscalls[0].errnoRet is 70000; at most 65535 fits")]
    [InlineData("""  "includes":{"minKernel":"new"}  """, "syscalls[0].includes.minKernel is \"new\"")]
    public void A_bad_rule_is_refused_with_the_place(string part, string message) =>
        A_bad_part_is_refused_with_the_place($$"""  "syscalls":[{"action":"SCMP_ACT_LOG",{{part}}}]  """, message);

    [Fact]
    public void Conditions_decide_by_kernel_capability_and_architecture()
    {
        const string json = """
            {"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":13,"syscalls":[
              {"name":"mount","action":"SCMP_ACT_ALLOW","includes":{"minKernel":"6.1"}},
              {"names":["reboot"],"action":"SCMP_ACT_ALLOW","includes":{"caps":["CAP_SYS_BOOT","CAP_KILL"]}},
              {"names":["acct"],"action":"SCMP_ACT_ALLOW","includes":{"caps":["CAP_OF_THE_FUTURE"]}},
              {"names":["swapon"],"action":"SCMP_ACT_ALLOW","excludes":{"arches":["arm64"]}},
              {"names":["file_setattr"],"action":"SCMP_ACT_ALLOW"}]}
            """;
        SeccompProfile profile = SeccompProfile.Parse(Encoding.UTF8.GetBytes(json));
        Assert.True(Allows("mount", new(6, 1), 0));
        Assert.True(Allows("mount", new(6, 12, 3), 0));
        Assert.False(Allows("mount", new(5, 15), 0));
        Assert.True(Allows("reboot", new(6, 1), (1UL << 22) | (1UL << 5)));
        Assert.False(Allows("reboot", new(6, 1), 1UL << 22));
        Assert.False(Allows("acct", new(6, 1), ulong.MaxValue));
        Assert.True(Allows("swapon", new(6, 1), 0));

        bool Allows(string name, Version kernel, ulong capabilities)
        {
            SeccompFilter filter = profile.Compile(new SeccompTarget(SeccompArch.x86_64, capabilities, kernel));
            uint number = (uint)SyscallTable.All(SeccompArch.x86_64).Single(row => row.Name == name).Slot;
            uint value = BpfMachine.Run(filter, 0xC000003E, number, new ulong[6]).Value;
            Assert.True(value is 0x7fff0000 or (0x50000 | 13));
            return value == 0x7fff0000;
        }
    }

    [Fact]
    public void Flags_are_read()
    {
        const string json = """
            {"defaultAction":"SCMP_ACT_ALLOW","flags":["SECCOMP_FILTER_FLAG_LOG","SECCOMP_FILTER_FLAG_TSYNC"]}
            """;
        Assert.Equal(SeccompFilter.SECCOMP_FILTER_FLAG_LOG, SeccompProfile.Parse(Encoding.UTF8.GetBytes(json)).Flags);
    }
}
