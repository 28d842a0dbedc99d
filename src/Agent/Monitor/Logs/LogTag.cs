using System.Text;
using Skiff.Agent.Containers;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Monitor.Logs;

/// <summary>The option <c>tag</c>: text with fields of the container, <c>{{.Name}}/{{.ID}}</c>, by Docker's names.
/// </summary>
internal static class LogTag
{
    /// <summary>What drivers that need a tag have for one.</summary>
    public const string Default = "{{.ID}}";

    private const int ShortId = 12;

    private static readonly (string Field, Func<ContainerConfig, string> Value)[] s_fields =
    [
        ("ID", c => c.Id[..ShortId]), ("FullID", c => c.Id), ("Name", c => c.Name),
        ("ImageID", c => ShortImageId(c.ImageId)), ("ImageFullID", c => c.ImageId), ("ImageName", c => c.Image),
        ("Hostname", _ => System.Environment.MachineName), ("DaemonName", _ => "skiff"),
        ("Command", c => string.Join(' ', c.Args)),
        ("ContainerID", c => c.Id), ("ContainerName", c => "/" + c.Name), ("ContainerImageID", c => c.ImageId),
        ("ContainerImageName", c => c.Image), ("ContainerEntrypoint", c => c.Args[0]),
    ];

    /// <summary>Refuses what <see cref="Render"/> cannot do.</summary>
    /// <exception cref="UsageException">Says what.</exception>
    public static void Check(string template) => Render(template, null);

    /// <summary>The tag of a container.</summary>
    public static string Render(string template, ContainerConfig? config)
    {
        var text = new StringBuilder();
        ReadOnlySpan<char> rest = template;
        for (int open; (open = rest.IndexOf("{{")) >= 0;)
        {
            text.Append(rest[..open]);
            int close = rest.IndexOf("}}");
            if (close < open) throw LogOptions.Invalid("tag", template, "template: log-tag: unclosed action");
            text.Append(Field(template, rest[(open + 2)..close].Trim(), config));
            rest = rest[(close + 2)..];
        }
        return text.Append(rest).ToString();
    }

    private static string Field(string template, ReadOnlySpan<char> action, ContainerConfig? config)
    {
        foreach (var (field, value) in s_fields)
            if (action.StartsWith('.') && action[1..].SequenceEqual(field)) return config is null ? "" : value(config);
        throw LogOptions.Invalid("tag", template, $"template: log-tag: can't evaluate {action}: "
            + "expected a field such as .Name, .ID, .FullID, .ImageName or .Hostname");
    }

    private static string ShortImageId(string id) => id.Length > ShortId ? id[..ShortId] : id;
}
