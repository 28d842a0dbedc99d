using System.Text.Json;
using Skiff.Agent.Manager;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Containers;

using static Skiff.Agent.Manager.JsonFields;

/// <summary>The JSON of health checks and of what they found, one line a field.</summary>
internal static class HealthFormat
{
    /// <summary>What was found, as bytes.</summary>
    public static byte[] Write(HealthState state) => ToBytes(w =>
    {
        JsonFields.Write(w, "Status", state.Status);
        JsonFields.Write(w, "FailingStreak", state.FailingStreak);
        w.WriteStartArray("Log");
        foreach (HealthResult result in state.Log)
        {
            w.WriteStartObject();
            JsonFields.Write(w, "Start", result.Start);
            JsonFields.Write(w, "End", result.End);
            JsonFields.Write(w, "ExitCode", result.ExitCode);
            JsonFields.Write(w, "Output", result.Output);
            w.WriteEndObject();
        }
        w.WriteEndArray();
    });

    /// <summary>From bytes.</summary>
    /// <exception cref="JsonException">The bytes are no JSON.</exception>
    public static HealthState Read(ReadOnlyMemory<byte> json)
    {
        JsonElement e = JsonFields.Parse(json.Span);
        return new HealthState(Text(e, "Status"), (int)Number(e, "FailingStreak"), List(e, "Log", static item =>
            new HealthResult(Time(item, "Start"), Time(item, "End"), (int)Number(item, "ExitCode"),
                Text(item, "Output"))));
    }

    /// <summary>Writes how health is checked; nothing for null.</summary>
    public static void WriteCheck(JsonText w, Healthcheck? check)
    {
        if (check is null) return;
        w.WriteStartObject("Healthcheck");
        JsonFields.Write(w, "Test", check.Test ?? []);
        JsonFields.Write(w, "Interval", check.IntervalNs);
        JsonFields.Write(w, "Timeout", check.TimeoutNs);
        JsonFields.Write(w, "StartPeriod", check.StartPeriodNs);
        JsonFields.Write(w, "StartInterval", check.StartIntervalNs);
        JsonFields.Write(w, "Retries", check.Retries);
        w.WriteEndObject();
    }

    /// <summary>Reads what <see cref="WriteCheck"/> wrote into <paramref name="parent"/>.</summary>
    public static Healthcheck? ReadCheck(JsonElement parent)
    {
        if (!parent.TryGetProperty("Healthcheck", out JsonElement e)) return null;
        return new Healthcheck
        {
            Test = Texts(e, "Test"),
            IntervalNs = Number(e, "Interval"),
            TimeoutNs = Number(e, "Timeout"),
            StartPeriodNs = Number(e, "StartPeriod"),
            StartIntervalNs = Number(e, "StartInterval"),
            Retries = (int)Number(e, "Retries"),
        };
    }
}
