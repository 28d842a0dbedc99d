using System.Text;
using Skiff.Interop;

namespace Skiff.Agent.Containers;

/// <summary>What the host's policy has for containers and their files, still without categories.</summary>
/// <param name="Process">Of processes.</param>
/// <param name="File">Of files.</param>
/// <param name="Layers">Of files that all containers read and none writes to.</param>
internal sealed record SelinuxContexts(SelinuxLabel Process, SelinuxLabel File, SelinuxLabel Layers)
{
    // What container-selinux has, for hosts on which no file says otherwise.
    private static readonly SelinuxContexts s_default = new(
        new SelinuxLabel("system_u", "system_r", "container_t", "s0"),
        new SelinuxLabel("system_u", "object_r", "container_file_t", "s0"),
        new SelinuxLabel("system_u", "object_r", "container_ro_file_t", "s0"));

    /// <summary>Reads the file of container-selinux, or of the policy in use.</summary>
    public static SelinuxContexts Read()
    {
        string policy = Values(Text("/etc/selinux/config")).GetValueOrDefault("SELINUXTYPE", "targeted");
        string text = Text("/usr/share/containers/selinux/contexts");
        return Parse(text.Length > 0 ? text : Text($"/etc/selinux/{policy}/contexts/lxc_contexts"));
    }

    /// <summary>Reads such a file; what it does not say is as container-selinux has it.</summary>
    internal static SelinuxContexts Parse(string text)
    {
        Dictionary<string, string> values = Values(text);
        return new SelinuxContexts(Label("process") ?? s_default.Process, Label("file") ?? s_default.File,
            Label("ro_file") ?? s_default.Layers);

        SelinuxLabel? Label(string key) => SelinuxLabel.Parse(values.GetValueOrDefault(key, "").Trim('"'));
    }

    private static Dictionary<string, string> Values(string text)
    {
        var values = new Dictionary<string, string>();
        foreach (string line in text.Split('\n'))
        {
            int equals = line.IndexOf('=');
            if (equals > 0 && !line.TrimStart().StartsWith('#'))
                values[line[..equals].Trim()] = line[(equals + 1)..].Trim();
        }
        return values;
    }

    private static string Text(string path) =>
        Files.TryReadAllBytes(Fd.Cwd, path, out byte[] bytes) == Errno.None ? Encoding.UTF8.GetString(bytes) : "";
}
