using System.Buffers;
using System.Text;
using System.Text.Json;
using Skiff.Agent.Cli.Display;
using Skiff.Agent.Events;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>events</c>: what happens, as it happens.</summary>
internal sealed class EventsVerb : Verb
{
    private static readonly SearchValues<char> s_nameCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

    private static readonly Option[] s_options =
    [
        Option.List("filter", "filter", "Filter output based on conditions provided", 'f'),
        Option.Value("format", "string", "Format output using a custom template: 'json' or 'TEMPLATE'"),
        Option.Value("since", "string", "Show all events created since timestamp"),
        Option.Value("until", "string", "Stream events until this timestamp"),
    ];

    /// <inheritdoc/>
    public override string Name => "events";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS]";

    /// <inheritdoc/>
    public override string Summary => "Get real time events from the engine";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MaximumArguments => 0;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        var filter = new EventFilter(arguments.Values("filter"));
        string? format = arguments.Value("format");
        bool json = format is "json" or "{{json .}}";
        FormatTemplate? template = json || string.IsNullOrEmpty(format) ? null : FormatTemplate.Parse(format);
        List<string> asked = template is null ? [] : AskedFor(format!);
        long now = EventJournal.Now;
        long since = arguments.Has("since") ? TimeSyntax.Parse(arguments.Value("since"), "since") : now;
        long until = arguments.Has("until") ? TimeSyntax.Parse(arguments.Value("until"), "until") : long.MaxValue;
        if (since > until) throw new UsageException("`since` time cannot be after `until` time");
        using var reader = new EventReader(engine.Roots);
        List<EngineEvent> events = reader.ReadHistory();
        while (true)
        {
            foreach (EngineEvent happened in events)
            {
                if (happened.UnixNanoseconds < since || happened.UnixNanoseconds > until) continue;
                if (!filter.Fits(happened)) continue;
                if (json) Output.Text(Line(happened));
                else Output.Line(template is null ? Text(happened) : template.Execute(Fields(happened, asked)));
            }
            long left = until == long.MaxValue ? -1 : (until - EventJournal.Now) / 1_000_000;
            if (until != long.MaxValue && left <= 0) return 0;
            events = reader.WaitForMore(left);
        }
    }

    private static string Line(EngineEvent e)
    {
        var buffer = new ArrayBufferWriter<byte>();
        e.WriteLine(buffer);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static string Text(EngineEvent e)
    {
        var time = DateTimeOffset.UnixEpoch.AddTicks(e.UnixNanoseconds / 100).ToLocalTime();
        string zone = time.Offset == TimeSpan.Zero ? "Z" : time.ToString("zzz");
        string attributes = e.Attributes.Length == 0 ? ""
            : $" ({string.Join(", ", e.Attributes.Select(pair => $"{pair.Name}={pair.Value}"))})";
        return $"{time:yyyy-MM-ddTHH:mm:ss}.{e.UnixNanoseconds % 1_000_000_000:d9}{zone} {e.Type} {e.Action} {e.Id}"
            + attributes;
    }

    // In Go, an attribute that an event has not is empty.
    private static List<string> AskedFor(string template)
    {
        const string attributes = ".Attributes.";
        List<string> names = [];
        for (int at = 0; (at = template.IndexOf(attributes, at, StringComparison.Ordinal)) >= 0;)
        {
            at += attributes.Length;
            ReadOnlySpan<char> rest = template.AsSpan(at);
            int end = rest.IndexOfAnyExcept(s_nameCharacters);
            names.Add(rest[..(end < 0 ? rest.Length : end)].ToString());
        }
        return names;
    }

    // As Go calls them.
    private static JsonElement Fields(EngineEvent e, List<string> asked)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("Type", e.Type);
            json.WriteString("Action", e.Action);
            json.WriteString("ID", e.HasOldFields ? e.Id : "");
            json.WriteString("Status", e.HasOldFields ? e.Action : "");
            json.WriteString("From", e.From);
            json.WriteString("Scope", "local");
            json.WriteNumber("Time", e.UnixNanoseconds / 1_000_000_000);
            json.WriteNumber("TimeNano", e.UnixNanoseconds);
            json.WriteStartObject("Actor");
            json.WriteString("ID", e.Id);
            json.WriteStartObject("Attributes");
            foreach ((string name, string value) in e.Attributes) json.WriteString(name, value);
            foreach (string name in asked.Distinct())
                if (!Array.Exists(e.Attributes, attribute => attribute.Name == name)) json.WriteString(name, "");
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
        }
        using JsonDocument document = JsonDocument.Parse(buffer.WrittenMemory);
        return document.RootElement.Clone();
    }
}
