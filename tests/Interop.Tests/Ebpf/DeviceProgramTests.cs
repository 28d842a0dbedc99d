using System.Diagnostics;
using Skiff.Interop.Cgroups;
using Skiff.Interop.Ebpf;

namespace Skiff.Interop.Tests.Ebpf;

public sealed class DeviceProgramTests : IDisposable
{
    private readonly Cgroup _cgroup =
        Cgroup.Create(CgroupHierarchy.Detect(), $"skiff-test-{Guid.NewGuid():N}", CgroupControllers.None);

    [Theory]
    [InlineData("c 1:3 rw", true)] // null
    [InlineData("c 1:5 rwm", true)] // zero
    [InlineData("c 5:1 w", true)] // console
    [InlineData("c 136:77 rw", true)] // a terminal
    [InlineData("c 10:229 rw", false)] // fuse
    [InlineData("c 10:229 m", true)] // making any node is allowed, opening it is not
    [InlineData("b 8:0 m", true)]
    [InlineData("b 8:0 r", false)]
    [InlineData("b 1:3 r", false)] // null's numbers, but a block device
    [InlineData("c 1:1 r", false)] // mem
    public void The_default_list_is_dockers(string access, bool allowed)
    {
        ulong[] code = DeviceProgramCompiler.Compile(DefaultDevices.Rules);
        Assert.True(DeviceRule.TryParse(access, out DeviceRule wanted));
        Assert.Equal(allowed,
            EbpfMachine.Allows(code, wanted.Kind, wanted.Major!.Value, wanted.Minor!.Value, wanted.Access));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Random_rules_decide_each_access_by_the_last_rule_about_it(int seed)
    {
        var random = new Random(seed);
        for (int round = 0; round < 200; round++)
        {
            DeviceRule[] rules = [.. Enumerable.Range(0, random.Next(8)).Select(_ => RandomRule(random))];
            ulong[] code = DeviceProgramCompiler.Compile(rules);
            foreach (DeviceKind kind in (DeviceKind[])[DeviceKind.Block, DeviceKind.Character])
                for (uint major = 0; major < 3; major++)
                    for (uint minor = 0; minor < 3; minor++)
                        for (int access = 1; access < 8; access++)
                            Assert.True(
                                Expected(rules, kind, major, minor, access)
                                    == EbpfMachine.Allows(code, kind, major, minor, (DeviceAccess)access),
                                $"{kind} {major}:{minor} {(DeviceAccess)access} under {string.Join("; ", rules)}");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_kernels_verifier_takes_random_programs(int seed)
    {
        var random = new Random(seed);
        SkipWithoutBpf();
        for (int round = 0; round < 50; round++)
            DeviceProgram.Load([.. Enumerable.Range(0, random.Next(40)).Select(_ => RandomRule(random))]).Dispose();
    }

    [Fact]
    public void A_process_in_the_cgroup_is_refused_what_is_not_listed()
    {
        SkipWithoutBpf();
        Assert.Equal(0, DeviceProgram.CountAttached(_cgroup.Directory));
        Assert.Equal("null=0 kmsg=0", Probe());
        using (DeviceProgram program = DeviceProgram.Load(DefaultDevices.Rules)) program.Attach(_cgroup.Directory);
        Assert.Equal(1, DeviceProgram.CountAttached(_cgroup.Directory));
        Assert.Equal("null=0 kmsg=1", Probe());
    }

    [Fact]
    public void Attaching_again_replaces_and_detaching_frees()
    {
        SkipWithoutBpf();
        using (DeviceProgram first = DeviceProgram.Load([DeviceRule.DenyAll])) first.Attach(_cgroup.Directory);
        using DeviceProgram second =
            DeviceProgram.Load([.. DefaultDevices.Rules, new(true, DeviceKind.Character, 1, 11)]);
        second.Attach(_cgroup.Directory);
        Assert.Equal(1, DeviceProgram.CountAttached(_cgroup.Directory));
        Assert.Equal("null=0 kmsg=0", Probe());
        second.Detach(_cgroup.Directory);
        Assert.Equal(0, DeviceProgram.CountAttached(_cgroup.Directory));
        LinuxException e = Assert.Throws<LinuxException>(() => second.Detach(_cgroup.Directory));
        Assert.Equal(Errno.ENOENT, e.Errno);
        Assert.Contains("BPF_PROG_DETACH", e.Message);
    }

    [Theory]
    [InlineData("c 13:* rwm", true, DeviceKind.Character, 13u, null, DeviceAccess.All)]
    [InlineData("a *:* r", true, DeviceKind.All, null, null, DeviceAccess.Read)]
    [InlineData("b 8:16 rw", true, DeviceKind.Block, 8u, 16u, DeviceAccess.Read | DeviceAccess.Write)]
    [InlineData("c 13 rwm", false, DeviceKind.All, null, null, DeviceAccess.None)]
    [InlineData("d 1:3 r", false, DeviceKind.All, null, null, DeviceAccess.None)]
    [InlineData("c 1:3 rr", false, DeviceKind.All, null, null, DeviceAccess.None)]
    [InlineData("c -1:3 r", false, DeviceKind.All, null, null, DeviceAccess.None)]
    [InlineData("c 1:3", false, DeviceKind.All, null, null, DeviceAccess.None)]
    public void Device_cgroup_rules_are_read_as_docker_writes_them(
        string text, bool valid, DeviceKind kind, uint? major, uint? minor, DeviceAccess access)
    {
        Assert.Equal(valid, DeviceRule.TryParse(text, out DeviceRule rule));
        if (valid) Assert.Equal(new DeviceRule(true, kind, major, minor, access), rule);
    }

    public void Dispose()
    {
        Assert.Equal(Errno.None, _cgroup.TryRemove(timeoutMs: 5000));
        _cgroup.Dispose();
    }

    private static void SkipWithoutBpf()
    {
        try
        {
            DeviceProgram.Load([DeviceRule.AllowAll]).Dispose();
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOSYS or Errno.EPERM or Errno.EINVAL)
        {
            Assert.Skip($"this kernel loads no device programs: {e.Message}");
        }
    }

    /// <summary>Opens two devices from inside the cgroup; 0 is success, 1 a refusal.</summary>
    private string Probe()
    {
        const string script =
            "echo $$ > \"$0\"; for d in null kmsg; do (: < /dev/$d) 2>/dev/null; printf \"$d=$? \"; done";
        var info = new ProcessStartInfo("bash") { RedirectStandardOutput = true };
        foreach (string word in (string[])["-c", script, $"{_cgroup.Path}/cgroup.procs"]) info.ArgumentList.Add(word);
        using Process process = Process.Start(info)!;
        string output = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        Assert.True(_cgroup.WaitUntilEmpty(timeoutMs: 5000));
        return output;
    }

    private static DeviceRule RandomRule(Random random) => new(
        random.Next(2) == 0,
        (DeviceKind)random.Next(3),
        random.Next(2) == 0 ? null : (uint)random.Next(3),
        random.Next(2) == 0 ? null : (uint)random.Next(3),
        (DeviceAccess)random.Next(1, 8));

    private static bool Expected(DeviceRule[] rules, DeviceKind kind, uint major, uint minor, int access)
    {
        for (int bit = 1; bit <= 4; bit <<= 1)
        {
            if ((access & bit) == 0) continue;
            DeviceRule? last = rules.Cast<DeviceRule?>().LastOrDefault(rule =>
                (rule!.Value.Kind == DeviceKind.All || rule.Value.Kind == kind) && (rule.Value.Major ?? major) == major
                && (rule.Value.Minor ?? minor) == minor && ((int)rule.Value.Access & bit) != 0);
            if (last is not { Allow: true }) return false;
        }
        return true;
    }
}
