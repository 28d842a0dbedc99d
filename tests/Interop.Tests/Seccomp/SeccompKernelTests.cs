using System.Diagnostics;
using System.Runtime.InteropServices;
using Skiff.Interop.Seccomp;

namespace Skiff.Interop.Tests.Seccomp;

/// <summary>The compiled filter in the running kernel: a small C program loads it and makes the calls.</summary>
public sealed class SeccompKernelTests : IDisposable
{
    private const string Source = """
        #include <errno.h>
        #include <fcntl.h>
        #include <linux/filter.h>
        #include <linux/seccomp.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <sys/prctl.h>
        #include <sys/syscall.h>
        #include <unistd.h>

        static long compat(long number, long a)
        {
        #ifdef __x86_64__
            long result;
            __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(0L), "d"(0L), "S"(0L), "D"(0L)
                : "memory", "r8", "r9", "r10", "r11");
            return result;
        #else
            return -ENOSYS;
        #endif
        }

        /* probe FILTER FLAGS exec COMMAND... | probe FILTER FLAGS (native|compat) NUMBER ARGUMENT */
        int main(int argc, char **argv)
        {
            static struct sock_filter code[4096];
            int fd = open(argv[1], O_RDONLY);
            struct sock_fprog program = { .len = read(fd, code, sizeof code) / sizeof code[0], .filter = code };
            if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) return 90;
            if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, strtoul(argv[2], 0, 0),
                &program)) { perror("seccomp"); return 91; }
            if (argv[3][0] == 'e') { execvp(argv[4], argv + 4); return 92; }
            long number = strtol(argv[4], 0, 0), argument = strtol(argv[5], 0, 0);
            if (argv[3][0] == 'c') printf("%ld\n", compat(number, argument) < 0 ? -compat(number, argument) : 0);
            else printf("%d\n", syscall(number, argument, 0, 0, 0, 0, 0) < 0 ? errno : 0);
            return 0;
        }
        """;

    private readonly string _directory = Directory.CreateTempSubdirectory("skiff-seccomp-").FullName;

    [Fact]
    public void The_kernel_enforces_the_default_filter()
    {
        Load(DefaultProfile.Compile(Target));
        Assert.Equal("0", Native("getpid", 0));
        Assert.Equal("1", Native("unshare", 0));
        Assert.Equal("1", Native("keyctl", 0));
        Assert.Equal("38", Native("clone3", 0));
        Assert.Equal("0", Native("personality", 0));
        Assert.Equal("1", Native("personality", 0x40000));
        Assert.Equal("1", Native("socket", 40));
        Assert.NotEqual("1", Native("socket", 39));
        Assert.Equal("38", Probe("native", "500", "0").Output);
        Assert.Equal("0", Native("sync", 0));
    }

    [Fact]
    public void The_filter_covers_32_bit_calls_too()
    {
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64, "int 0x80 is x86's");
        Assert.SkipWhen(Probe("compat", "20", "0", DefaultProfile.Compile(Target)).ExitCode > 128,
            "no 32-bit emulation in this kernel");
        Assert.Equal("0", Probe("compat", "20", "0").Output);
        Assert.Equal("1", Probe("compat", "310", "0").Output);
        Assert.Equal("38", Probe("compat", "435", "0").Output);
    }

    [Fact]
    public void Real_programs_run_under_the_default_filter()
    {
        Load(DefaultProfile.Compile(Target));
        (int exit, string output) = Probe("exec", "sh", "-c", "ls / | sort | head -n 1; (echo sub) | cat");
        Assert.Equal((0, "bin\nsub"), (exit, output));
    }

    [Fact]
    public void A_kill_action_ends_the_process()
    {
        var rule = new SeccompRule(["getppid"], SeccompAction.KILL_PROCESS, null, []);
        Load(new SeccompProfile { DefaultAction = SeccompAction.ALLOW, Rules = [rule] }.Compile(Target));
        (int exit, _) = Probe("native", Number("getppid"), "0");
        Assert.Equal(128 + 31, exit);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static SeccompTarget Target => SeccompTarget.ForHost(0x00000000a80425fb);

    private static string Number(string name) => SyscallTable.All(SeccompArches.Native)
        .Single(row => row.Name == name).Slot.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private string Native(string name, long argument) => Probe("native", Number(name), $"{argument}").Output;

    private (int ExitCode, string Output) Probe(string mode, string number, string argument, SeccompFilter filter)
    {
        Load(filter);
        return Probe(mode, number, argument);
    }

    private void Load(SeccompFilter filter)
    {
        File.WriteAllBytes(Path.Combine(_directory, "filter"), filter.Bytes.ToArray());
        File.WriteAllText(Path.Combine(_directory, "probe.c"), Source);
        Assert.Equal(0, Run("gcc", "-O1", "-o", "probe", "probe.c").ExitCode);
    }

    private (int ExitCode, string Output) Probe(string mode, params string[] rest) =>
        Run(Path.Combine(_directory, "probe"), ["filter", "4", mode, .. rest]);

    private (int ExitCode, string Output) Run(string command, params string[] arguments)
    {
        var info = new ProcessStartInfo(command) { WorkingDirectory = _directory, RedirectStandardOutput = true };
        foreach (string argument in arguments) info.ArgumentList.Add(argument);
        using Process process = Process.Start(info)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output.TrimEnd('\n'));
    }
}
