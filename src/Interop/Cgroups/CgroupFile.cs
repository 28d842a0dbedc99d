using System.Text;

namespace Skiff.Interop.Cgroups;

/// <summary>Reading and writing the small text files of a cgroup.</summary>
internal static class CgroupFile
{
    /// <summary>The whole file at <paramref name="path"/>, without its last newline.</summary>
    internal static string ReadText(string path) => ReadText(Fd.Cwd, path);

    /// <summary>
    /// The whole file <paramref name="name"/> in <paramref name="directory"/>, without its last newline.
    /// </summary>
    internal static string ReadText(Fd directory, string name)
    {
        Errno errno = TryReadText(directory, name, out string text);
        return errno == Errno.None ? text : throw new LinuxException(errno, "read cgroup", Where(directory, name));
    }

    /// <summary>
    /// As <see cref="ReadText(Fd,string)"/>, with the errno as result (ENOENT: controller missing; ENODEV: cgroup
    /// gone).
    /// </summary>
    internal static Errno TryReadText(Fd directory, string name, out string text)
    {
        text = "";
        Errno errno = Files.TryOpenAt(directory, name, OpenFlags.O_RDONLY, 0, out Fd? fd);
        if (errno != Errno.None) return errno;
        using (fd)
            return TryReadAll(fd!, out text);
    }

    /// <summary>Writes <paramref name="value"/> in one write(2), as cgroup files require.</summary>
    internal static void Write(Fd directory, string name, string value)
    {
        Errno errno = TryWrite(directory, name, value);
        if (errno != Errno.None)
            throw new LinuxException(errno, "write cgroup", $"{Where(directory, name)}, \"{value}\"");
    }

    /// <summary>As <see cref="Write"/>, with the errno as result.</summary>
    internal static Errno TryWrite(Fd directory, string name, string value)
    {
        Errno errno = Files.TryOpenAt(directory, name, OpenFlags.O_WRONLY, 0, out Fd? fd);
        if (errno != Errno.None) return errno;
        using (fd)
            return Files.TryWrite(fd!, Encoding.UTF8.GetBytes(value), out _);
    }

    /// <summary>Reads an open file from its start to its end.</summary>
    internal static Errno TryReadAll(Fd fd, out string text)
    {
        byte[] buffer = new byte[1024];
        int length = 0;
        while (true)
        {
            Errno errno = Files.TryRead(fd, buffer.AsSpan(length), out int count);
            if (errno != Errno.None || count == 0)
            {
                text = Encoding.UTF8.GetString(buffer, 0, length).TrimEnd('\n');
                return errno;
            }
            length += count;
            if (length == buffer.Length) Array.Resize(ref buffer, length * 4);
        }
    }

    private static string Where(Fd directory, string name) => directory.Number < 0 ? name : $"{directory}/{name}";
}
