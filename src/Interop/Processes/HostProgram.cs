namespace Skiff.Interop.Processes;

/// <summary>Programs of the host that are asked something: a little input, a little output.</summary>
public static class HostProgram
{
    /// <summary>The program's path, found in the directories of <paramref name="path"/> (a PATH) as execvp(3) does;
    /// null when it is in none.</summary>
    public static string? Find(string name, string? path)
    {
        foreach (string directory in (path ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            string file = Path.Join(directory, name);
            if (Files.TryStatAt(Fd.Cwd, file, AtFlags.None, out FileStatus status) == Errno.None
                && status.Type == FileType.DT_REG && (status.Mode & 0x49) != 0) return file;
        }
        return null;
    }

    /// <summary>
    /// Runs it to its end with this process's environment, working directory and standard error. Not for more input
    /// than a pipe holds (64 KiB): that is written before the output is read.
    /// </summary>
    /// <param name="path">The program.</param>
    /// <param name="arguments">Without its name.</param>
    /// <param name="input">Its standard input.</param>
    /// <param name="quiet">Its standard error goes nowhere.</param>
    public static (ExitStatus Status, byte[] Output) Run(
        string path, IReadOnlyList<string> arguments, ReadOnlySpan<byte> input, bool quiet = false)
    {
        using Fd errors = quiet ? Files.Open("/dev/null", OpenFlags.O_WRONLY) : Fd.Borrow(2);
        (Fd inputRead, Fd inputWrite) = Files.Pipe();
        (Fd outputRead, Fd outputWrite) = Files.Pipe();
        using (inputWrite)
        using (outputRead)
        using (LaunchedProcess process = Start(path, arguments, inputRead, outputWrite, errors))
        {
            Write(inputWrite, input);
            inputWrite.Dispose();
            Errno errno = Files.TryReadToEnd(outputRead, out byte[] output);
            ExitStatus status = process.PidFd.Wait();
            return errno == Errno.None ? (status, output) : throw new LinuxException(errno, "read", path);
        }
    }

    // The child's ends of the pipes are its own from here on.
    private static LaunchedProcess Start(string path, IReadOnlyList<string> arguments, Fd input, Fd output, Fd errors)
    {
        using (input)
        using (output)
            return Spawn.Start(new SpawnRequest
            {
                Path = path,
                Arguments = [Path.GetFileName(path), .. arguments],
                Environment = Spawn.Environment(),
                Descriptors = [input, output, errors],
            });
    }

    private static void Write(Fd pipe, ReadOnlySpan<byte> input)
    {
        try
        {
            Files.WriteAll(pipe, input);
        }
        catch (LinuxException e) when (e.Errno == Errno.EPIPE)
        {
            // It does not want its input; its exit status tells what became of it.
        }
    }
}
