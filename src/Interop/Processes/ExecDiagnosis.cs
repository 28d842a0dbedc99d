using System.Buffers.Binary;
using System.Text;
using static Skiff.Interop.Processes.ProcessConstants;

namespace Skiff.Interop.Processes;

/// <summary>Why a program could not be executed, from the errnos of the candidates and the head of the file.</summary>
internal static class ExecDiagnosis
{
    private static readonly (ushort Number, string Name)[] Machines =
    [
        (3, "386"), (8, "mips"), (21, "ppc64le"), (22, "s390x"), (40, "arm"), (62, "x64"), (183, "arm64"),
        (243, "riscv64"), (258, "loong64"),
    ];

    /// <summary>The whole message; also the errno and the path of the candidate that tells most.</summary>
    internal static string Explain(LaunchProgram program, ExecAttempt attempt, out Errno errno, out string path)
    {
        int best = Choose(program, attempt);
        errno = ErrnoOf(program, attempt, best);
        path = attempt.Candidates[best];
        long? read = program.ResultOf(attempt.Reads[best]);
        ReadOnlySpan<byte> head = read > 0 ? program.Read(attempt.Head)[..(int)read] : default;
        string where = program.Subject is null ? "" : $" in {program.Subject}";
        string? why = Reason(attempt, errno, head, read == -(long)Errno.EISDIR);
        return $"exec \"{attempt.Name}\"{where}: {ErrnoText.Of(errno)}{(why is null ? "" : "; " + why)}";
    }

    // A file that is there and fails says more than one without permission, and that more than one that is missing.
    private static int Choose(LaunchProgram program, ExecAttempt attempt)
    {
        int best = 0, bestScore = -1;
        for (int i = 0; i < attempt.Steps.Count; i++)
        {
            int score = ErrnoOf(program, attempt, i) switch
            {
                Errno.None => -1,
                Errno.ENOENT or Errno.ENOTDIR => program.ResultOf(attempt.Reads[i]) > 0 ? 1 : 0,
                Errno.EACCES => 2,
                _ => 3,
            };
            if (score <= bestScore) continue;
            (best, bestScore) = (i, score);
        }
        return best;
    }

    private static Errno ErrnoOf(LaunchProgram program, ExecAttempt attempt, int index) =>
        program.ResultOf(attempt.Steps[index]) is { } result and < 0 ? (Errno)(-result) : Errno.None;

    private static string? Reason(ExecAttempt attempt, Errno errno, ReadOnlySpan<byte> head, bool isDirectory) =>
        errno switch
    {
        Errno.ENOENT when !head.IsEmpty => MissingInterpreter(head),
        Errno.ENOENT when attempt.Candidates.Count > 1 => "it is in no directory of $PATH",
        Errno.EACCES when isDirectory => "it is a directory",
        Errno.EACCES => "it has no execute permission, or lies on a noexec mount",
        Errno.ENOEXEC => WrongFormat(head),
        Errno.ELIBBAD => "its ELF interpreter is not usable",
        _ => null,
    };

    private static string MissingInterpreter(ReadOnlySpan<byte> head)
    {
        if (TryReadShebang(head, out string interpreter))
            return interpreter.EndsWith('\r')
                ? $"its first line names the interpreter {interpreter.TrimEnd('\r')} with a carriage return behind: "
                    + "convert its line ends"
                : $"the interpreter {interpreter} of its first line is missing";
        return TryReadElfInterpreter(head, out interpreter)
            ? $"the interpreter {interpreter} is missing"
            : "the file is there, its interpreter is missing";
    }

    private static string WrongFormat(ReadOnlySpan<byte> head)
    {
        if (head.IsEmpty) return "it is an empty file, or cannot be read";
        if (!IsElf(head)) return "it is neither an ELF program nor a script with a #! line";
        ushort machine = U16(head, 18);
        foreach (var (number, name) in Machines)
            if (number == machine) return $"it is an ELF program for {name}; this machine is {Here}";
        return $"it is an ELF program for machine type {machine}; this machine is {Here}";
    }

#if ARCH_ARM64
    private const string Here = "arm64";
#else
    private const string Here = "x64";
#endif

    private static bool TryReadShebang(ReadOnlySpan<byte> head, out string interpreter)
    {
        interpreter = "";
        if (!head.StartsWith("#!"u8)) return false;
        ReadOnlySpan<byte> line = head[2..];
        int end = line.IndexOf((byte)'\n');
        line = (end < 0 ? line : line[..end]).TrimStart(" \t"u8);
        end = line.IndexOfAny((byte)' ', (byte)'\t');
        interpreter = Encoding.UTF8.GetString(end < 0 ? line : line[..end]);
        return interpreter.Length > 0;
    }

    // The PT_INTERP segment of a 32 or 64-bit ELF file, as far as the head reaches; every offset comes from the file
    // and is checked.
    private static bool TryReadElfInterpreter(ReadOnlySpan<byte> head, out string interpreter)
    {
        interpreter = "";
        if (!IsElf(head)) return false;
        bool wide = head[4] == 2;
        ulong table = wide ? U64(head, 32) : U32(head, 28);
        int size = U16(head, wide ? 54 : 42), count = U16(head, wide ? 56 : 44);
        for (int i = 0; i < count; i++)
        {
            ulong at = table + (ulong)(i * size);
            if (at + (wide ? 56u : 32u) > (ulong)head.Length) return false;
            ReadOnlySpan<byte> segment = head[(int)at..];
            if (U32(segment, 0) != PT_INTERP) continue;
            ulong offset = wide ? U64(segment, 8) : U32(segment, 4);
            ulong length = wide ? U64(segment, 32) : U32(segment, 16);
            if (offset > (ulong)head.Length || length > (ulong)head.Length - offset) return false;
            interpreter = Encoding.UTF8.GetString(head.Slice((int)offset, (int)length).TrimEnd((byte)0));
            return interpreter.Length > 0;
        }
        return false;
    }

    // Little-endian files only: a big-endian one is never for this machine, and then the machine type says enough.
    private static bool IsElf(ReadOnlySpan<byte> head) =>
        head.Length >= 64 && head.StartsWith("\x7F"u8) && head[1..].StartsWith("ELF"u8) && head[5] == 1;

    private static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static ulong U64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);
}
