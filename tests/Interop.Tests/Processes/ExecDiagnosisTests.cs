using System.Buffers.Binary;
using Skiff.Interop.Processes;

namespace Skiff.Interop.Tests.Processes;

[Collection(LaunchCollection.Name)]
public class ExecDiagnosisTests
{
    private const UnixFileMode Executable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    [Fact]
    public void A_missing_program_is_named_with_the_subject()
    {
        LaunchException error = Failure(["/bin/nonexistent-program"], "/bin/nonexistent-program", "container web");
        Assert.Equal("exec \"/bin/nonexistent-program\" in container web: ENOENT (No such file or directory)",
            error.Message);
        Assert.Equal((true, 127), (error.IsExec, error.ExitCode));
    }

    [Fact]
    public void A_name_that_is_in_no_directory_says_so()
    {
        LaunchException error = Failure(["/sbin/nonexistent-program", "/etc/passwd/nonexistent-program"],
            "nonexistent-program");
        Assert.EndsWith("ENOENT (No such file or directory); it is in no directory of $PATH", error.Message,
            StringComparison.Ordinal);
        Assert.Equal(127, error.ExitCode);
    }

    [Theory]
    [InlineData("#!/no/such/interpreter -x\n", "the interpreter /no/such/interpreter of its first line is missing")]
    [InlineData("#! /bin/sh\r\necho\n", "names the interpreter /bin/sh with a carriage return behind")]
    public void A_script_without_its_interpreter_names_it(string content, string expected)
    {
        using var script = new TemporaryFile(content, Executable);
        LaunchException error = Failure([script.Path], script.Path);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Equal(127, error.ExitCode);
    }

    [Fact]
    public void A_program_linked_against_another_libc_names_the_missing_loader()
    {
        using var program = new TemporaryFile("", Executable);
        byte[] image = File.ReadAllBytes("/bin/true");
        int at = image.AsSpan().IndexOf("/lib64/ld-linux-x86-64.so.2\0"u8);
        Assert.SkipWhen(at < 0, "/bin/true is not an x64 program with glibc's loader");
        "/lib/ld-musl-x86_64.so.1\0\0\0\0"u8.CopyTo(image.AsSpan(at));
        File.WriteAllBytes(program.Path, image);
        LaunchException error = Failure([program.Path], "/bin/foo", "container web");
        Assert.Equal("exec \"/bin/foo\" in container web: ENOENT (No such file or directory); "
            + "the interpreter /lib/ld-musl-x86_64.so.1 is missing", error.Message);
    }

    [Fact]
    public void A_program_for_another_machine_names_both()
    {
        using var program = new TemporaryFile("", Executable);
        byte[] image = File.ReadAllBytes("/bin/true");
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(18), 243);
        File.WriteAllBytes(program.Path, image);
        LaunchException error = Failure(["/nonexistent", program.Path, "/nonexistent"], "foo");
        Assert.Contains("it is an ELF program for riscv64; this machine is", error.Message, StringComparison.Ordinal);
        Assert.Equal((Errno.ENOEXEC, 126), (error.Errno, error.ExitCode));
    }

    [Theory]
    [InlineData("echo no first line\n", "it is neither an ELF program nor a script with a #! line")]
    [InlineData("", "it is an empty file, or cannot be read")]
    public void A_file_that_is_no_program_says_so(string content, string expected)
    {
        using var file = new TemporaryFile(content, Executable);
        Assert.EndsWith(expected, Failure([file.Path], file.Path).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_without_execute_permission_wins_over_missing_ones()
    {
        using var file = new TemporaryFile("#!/bin/sh\n");
        LaunchException error = Failure(["/nonexistent", file.Path, "/nonexistent"], "foo");
        Assert.Contains("EACCES (Permission denied); it has no execute permission", error.Message,
            StringComparison.Ordinal);
        Assert.Equal((file.Path, 126), (error.Path, error.ExitCode));
    }

    [Fact]
    public void A_directory_is_called_one() =>
        Assert.EndsWith("it is a directory", Failure(["/tmp"], "/tmp").Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(100)]
    [InlineData(800)]
    public void A_truncated_or_garbled_header_is_survived(int length)
    {
        byte[] image = File.ReadAllBytes("/bin/true")[..length];
        var random = new Random(length);
        using var file = new TemporaryFile("", Executable);
        for (int round = 0; round < 20; round++)
        {
            for (int i = 0; i < 8; i++) image[random.Next(20, length)] = (byte)random.Next(256);
            File.WriteAllBytes(file.Path, image);
            Assert.NotNull(Record.Exception(() => Start([file.Path], "foo", null)));
        }
    }

    private static LaunchException Failure(string[] candidates, string name, string? subject = null) =>
        Assert.Throws<LaunchException>(() => Start(candidates, name, subject));

    private static void Start(string[] candidates, string name, string? subject)
    {
        using var program = new LaunchProgram { Subject = subject };
        program.ExecSearch(name, candidates, [name], []);
        using LaunchedProcess child = Launcher.Start(program);
        ExitStatus status = child.PidFd.Wait();
        throw new InvalidOperationException($"it ran: {status}");
    }
}
