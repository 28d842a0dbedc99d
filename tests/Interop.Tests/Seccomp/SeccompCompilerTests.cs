using System.Security.Cryptography;
using System.Text;
using Skiff.Interop.Seccomp;

namespace Skiff.Interop.Tests.Seccomp;

/// <summary>
/// Compiled filters against the rule-by-rule reading of the same profile, for every system call number.
/// </summary>
public sealed class SeccompCompilerTests(ITestOutputHelper output)
{
    private const string DefaultCapabilities =
        "CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE NET_RAW "
        + "SYS_CHROOT MKNOD AUDIT_WRITE SETFCAP";

    private static readonly ulong[] s_samples =
    [
        0, 1, 8, 16, 40, 41, 0x11, 0x20000, 0x20008, 0x7E020000, 0x10000000, 0xFFFFFFFF, 0x100000000, 0x100000028,
        0x1FFFFFFFF, 0x8000000000000000, ulong.MaxValue,
    ];

    public static TheoryData<string, string> Targets()
    {
        var data = new TheoryData<string, string>();
        foreach (string arch in (string[])["x86_64", "aarch64"])
            foreach (string capabilities in (string[])["", DefaultCapabilities, DefaultCapabilities + " SYS_ADMIN",
                "SYS_PTRACE SYS_MODULE SYS_TIME SYS_NICE",
                    "DAC_READ_SEARCH SYS_BOOT SYS_PACCT SYS_RAWIO SYS_TTY_CONFIG SYSLOG BPF PERFMON"])
                data.Add(arch, capabilities);
        return data;
    }

    /// <summary>
    /// What Docker's published profile (moby 28.5) decides, as a hash over every number of every architecture and some
    /// arguments of each; made from the profile itself by <see cref="NaiveProfile"/>.
    /// </summary>
    public static TheoryData<string, string, string> Decisions()
    {
        string[] hashes =
        [
            "dac693b0a8dd91c56d1b8bbf9de120b8d38d63ac928ff9599b52379cbb0345a4",
            "02f4f3fcffbc7503400b769dcaa288ba64a2c46cf659836364a722e815bb5ef4",
            "4542609a2163443f1b1c8b6e8bb286dfe4fffe14853334ae1ac7ccc489e00d31",
            "e7f7a6df57dc6cc9f6473037ef0e38eaf50a65bd123c6d725cd1d5b8e12e1405",
            "15d869bcb5633896ecc732ffe4630625b19bbe25093af659b2a7abbf433e56ba",
            "11369abcf5fee82e809fae17eaa70c7d5f81d02853eaad6ce34d72286d01ef17",
            "0a06d61e2547c3f5cce7d0769fde8172c0d2ed41bb7f26cf6ba789d46ca04491",
            "bed26480b0237a60db4440fb59486b3e6e6330db68b13a1ab61c256861aec0c9",
            "07ee1eea0b224b568db2b1edb4803ac81ba40dae2ef7e3689c45412e3f9318d4",
            "afde489e4789da3113debf18e17239c9cd575b14d375c5f4bf9d996e8ae8a819",
        ];
        var data = new TheoryData<string, string, string>();
        int i = 0;
        foreach (var target in Targets()) data.Add(target.Data.Item1, target.Data.Item2, hashes[i++]);
        return data;
    }

    // With SKIFF_SECCOMP_PROFILE the test below tells which call differs. A system call that is new in our table has a
    // number that the published profile's hash does not know by its name: then the hashes are made anew.
    [Theory]
    [MemberData(nameof(Decisions))]
    public void The_default_profile_decides_as_Dockers_did_when_it_was_hashed(
        string arch, string capabilities, string hash)
    {
        SeccompTarget target = Target(arch, capabilities, out _);
        SeccompFilter filter = DefaultProfile.Compile(target);
        Assert.Equal(hash, DecisionsOf((a, number, arguments) =>
            BpfMachine.Run(filter, SeccompArches.AuditNumber(a), number, arguments).Value, target));
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void The_default_profile_decides_as_the_published_one(string arch, string capabilities)
    {
        SeccompTarget target = Target(arch, capabilities, out HashSet<string> names);
        var published = new NaiveProfile(Published(), target.Native, names, Arches(target));
        output.WriteLine($"hash {DecisionsOf(published.Evaluate, target)}");
        AssertSame(DefaultProfile.Compile(target), published, target);
        AssertSame(SeccompProfile.Parse(Encoding.UTF8.GetBytes(Published())).Compile(target), published, target);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Random_profiles_compile_to_what_their_rules_say(int seed)
    {
        string json = RandomProfile(new Random(seed));
        foreach (string arch in (string[])["x86_64", "aarch64"])
        {
            SeccompTarget target = Target(arch, DefaultCapabilities, out HashSet<string> names);
            SeccompFilter filter = SeccompProfile.Parse(Encoding.UTF8.GetBytes(json)).Compile(target);
            AssertSame(filter, new NaiveProfile(json, target.Native, names, Arches(target)), target);
        }
    }

    [Fact]
    public void The_default_filter_is_small_and_shallow()
    {
        SeccompTarget target = Target("x86_64", DefaultCapabilities, out _);
        SeccompFilter filter = DefaultProfile.Compile(target);
        var steps = SyscallTable.All(SeccompArch.x86_64)
            .Select(row => BpfMachine.Run(filter, 0xC000003E, (uint)row.Slot, []).Steps).ToList();
        output.WriteLine($"{filter.Count} instructions; a call runs {steps.Average():F1}, at most {steps.Max()}");
        Assert.InRange(filter.Count, 100, 700);
        Assert.InRange(steps.Average(), 1, 16);
    }

    [Theory]
    [InlineData(0x40000003u, 20u, 0x7fff0000u)] // i386 getpid
    [InlineData(0xC000003Eu, 0x40000000u + 39, 0x7fff0000u)] // x32 getpid
    [InlineData(0xC00000B7u, 172u, 0x80000000u)] // arm64 on an x64 host
    [InlineData(0xC000003Eu, 600u, 0x50000u | 38)] // a call of the future
    [InlineData(0xC000003Eu, 0xFFFFFFFFu, 0x50000u | 38)] // skipped by a tracer
    public void Every_architecture_has_its_own_numbers(uint audit, uint number, uint expected)
    {
        SeccompFilter filter = DefaultProfile.Compile(Target("x86_64", DefaultCapabilities, out _));
        Assert.Equal(expected, BpfMachine.Run(filter, audit, number, new ulong[6]).Value);
    }

    [Fact]
    public void Without_x32_in_the_profile_its_numbers_kill()
    {
        const string json =
            """{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mount"],"action":"SCMP_ACT_ERRNO"}]}""";
        SeccompFilter filter = SeccompProfile.Parse(Encoding.UTF8.GetBytes(json)).Compile(Target("x86_64", "", out _));
        Assert.Equal(0x80000000u, BpfMachine.Run(filter, 0xC000003E, 0x40000000 + 39, new ulong[6]).Value);
        Assert.Equal(0x7fff0000u, BpfMachine.Run(filter, 0xC000003E, uint.MaxValue, new ulong[6]).Value);
        Assert.Equal(0x80000000u, BpfMachine.Run(filter, 0x40000003, 20, new ulong[6]).Value);
        Assert.Equal(0x50001u, BpfMachine.Run(filter, 0xC000003E, 165, new ulong[6]).Value);
        Assert.Equal(0x7fff0000u, BpfMachine.Run(filter, 0xC000003E, 600, new ulong[6]).Value);
    }

    [Fact]
    public void A_profile_beyond_the_kernels_limit_is_refused()
    {
        var arguments =
            Enumerable.Range(0, 6).Select(i =>
            new SeccompArgument(i, ulong.MaxValue - 1, 0, SeccompOperator.GT)).ToList();
        var rules = Enumerable.Range(0, 300)
            .Select(i => new SeccompRule(["mount"], SeccompAction.ERRNO, i + 2, arguments)).ToList();
        var profile = new SeccompProfile { DefaultAction = SeccompAction.ALLOW, Rules = rules };
        FormatException e = Assert.Throws<FormatException>(() => profile.Compile(Target("x86_64", "", out _)));
        Assert.Contains("the kernel takes 4096", e.Message);
    }

    private static void AssertSame(SeccompFilter filter, NaiveProfile naive, SeccompTarget target)
    {
        foreach (var (arch, number, arguments) in Calls(target))
        {
            uint actual = BpfMachine.Run(filter, SeccompArches.AuditNumber(arch), number, arguments).Value;
            uint expected = naive.Evaluate(arch, number, arguments);
            if (actual != expected)
                Assert.Fail($"{arch} {number:x} ({string.Join(' ', arguments)}): {actual:x}, expected {expected:x}");
        }
    }

    private static IEnumerable<uint> Numbers(SeccompArch arch)
    {
        for (int slot = 0; slot < 780; slot++) yield return NaiveProfile.NumberOf(arch, slot);
        yield return NaiveProfile.NumberOf(arch, 767) + 1000;
    }

    private static SeccompArch[] Arches(SeccompTarget target) => target.Native == SeccompArch.x86_64
        ? [SeccompArch.x86_64, SeccompArch.x86, SeccompArch.x32]
        : [SeccompArch.aarch64, SeccompArch.arm];

    private static SeccompTarget Target(string arch, string capabilities, out HashSet<string> names)
    {
        names = [.. capabilities.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(name => "CAP_" + name)];
        ulong mask = 0;
        foreach (string name in names)
        {
            int number = CapabilityNumbers.Find(name);
            Assert.True(number >= 0, name);
            mask |= 1UL << number;
        }
        return new SeccompTarget(Enum.Parse<SeccompArch>(arch), mask, new Version(6, 1));
    }

    private static string RandomArgument(Random random)
    {
        string[] operators = ["EQ", "NE", "LT", "LE", "GT", "GE", "MASKED_EQ"];
        ulong value = s_samples[random.Next(s_samples.Length)];
        ulong two = s_samples[random.Next(s_samples.Length)];
        string name = operators[random.Next(operators.Length)];
        return $$"""{"index":{{random.Next(2)}},"value":{{value}},"valueTwo":{{two}},"op":"SCMP_CMP_{{name}}"}""";
    }

    private static string RandomProfile(Random random)
    {
        string[] names = [.. SyscallTable.All(SeccompArch.x86_64).Select(row => row.Name), "no_such_call"];
        var rules = new List<string>();
        for (int i = 0; i < 40; i++)
        {
            string list =
                string.Join(',',
                Enumerable.Range(0, random.Next(1, 8)).Select(_ => $"\"{names[random.Next(names.Length)]}\""));
            var arguments = Enumerable.Range(0, random.Next(3)).Select(_ => RandomArgument(random));
            string action = random.Next(3) == 0 ? "\"SCMP_ACT_ALLOW\""
                : $"\"SCMP_ACT_ERRNO\",\"errnoRet\":{random.Next(200)}";
            rules.Add($$"""{"names":[{{list}}],"action":{{action}},"args":[{{string.Join(',', arguments)}}]}""");
        }
        return $$"""
            {"defaultAction":"SCMP_ACT_{{(random.Next(2) == 0 ? "ERRNO" : "TRAP")}}","archMap":[
              {"architecture":"SCMP_ARCH_X86_64","subArchitectures":["SCMP_ARCH_X86","SCMP_ARCH_X32"]},
              {"architecture":"SCMP_ARCH_AARCH64","subArchitectures":["SCMP_ARCH_ARM"]}],
             "syscalls":[{{string.Join(",\n", rules)}}]}
            """;
    }

    // The file that moby publishes as profiles/seccomp/default.json.
    private static string Published()
    {
        string? path = Environment.GetEnvironmentVariable("SKIFF_SECCOMP_PROFILE");
        Assert.SkipWhen(path is null, "SKIFF_SECCOMP_PROFILE names no copy of Docker's published profile");
        return File.ReadAllText(path);
    }

    private static string DecisionsOf(Func<SeccompArch, uint, ulong[], uint> decide, SeccompTarget target)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (arch, number, arguments) in Calls(target))
            hash.AppendData(BitConverter.GetBytes(decide(arch, number, arguments)));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static IEnumerable<(SeccompArch Arch, uint Number, ulong[] Arguments)> Calls(SeccompTarget target)
    {
        foreach (SeccompArch arch in Arches(target))
            foreach (uint number in Numbers(arch))
                foreach (ulong sample in s_samples)
                    for (int index = 0; index < 2; index++)
                    {
                        ulong[] arguments = [3, 3, 3, 3, 3, 3];
                        arguments[index] = sample;
                        yield return (arch, number, arguments);
                    }
    }
}
