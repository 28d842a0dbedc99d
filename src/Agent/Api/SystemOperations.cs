using System.Text.Json;
using Skiff.Agent.Api.Http;
using Skiff.Agent.Cli.Verbs;
using Skiff.Interop;

namespace Skiff.Agent.Api;

/// <summary>What concerns the daemon as a whole.</summary>
internal static class SystemOperations
{
    /// <summary>The engine's version.</summary>
    public const string EngineVersion = VersionVerb.Version;

    /// <summary>GET and HEAD /_ping: tells a client which version to speak.</summary>
    public static Task Ping(ApiServer server, Exchange x)
    {
        // "1": clients that build by sessions use the classic builder.
        x.SetHeader("Builder-Version", "1");
        x.SetHeader("Swarm", "inactive");
        x.SetHeader("Cache-Control", "no-cache, no-store, must-revalidate");
        x.SetHeader("Pragma", "no-cache");
        return x.WholeAsync(200, "text/plain; charset=utf-8", "OK"u8.ToArray());
    }

    /// <summary>GET /version.</summary>
    public static Task Version(ApiServer server, Exchange x) => x.JsonAsync(200, w =>
    {
        w.WriteStartObject();
        w.WriteStartObject("Platform");
        w.WriteString("Name", "Skiff");
        w.WriteEndObject();
        w.WriteStartArray("Components");
        w.WriteStartObject();
        w.WriteString("Name", "Engine");
        w.WriteString("Version", EngineVersion);
        w.WriteStartObject("Details");
        WriteFacts(w);
        w.WriteString("Experimental", "false");
        w.WriteEndObject();
        w.WriteEndObject();
        w.WriteEndArray();
        w.WriteString("Version", EngineVersion);
        WriteFacts(w);
        w.WriteEndObject();
    });

    /// <summary>GET /info.</summary>
    public static Task Info(ApiServer server, Exchange x) => x.JsonAsync(
        200, w => InfoJson.Write(w, server.Open(), server.Settings));

    private static void WriteFacts(Utf8JsonWriter w)
    {
        w.WriteString("ApiVersion", ApiServer.Newest.ToString());
        w.WriteString("MinAPIVersion", ApiServer.Oldest.ToString());
        w.WriteString("GitCommit", "");
        w.WriteString("GoVersion", "");
        w.WriteString("Os", "linux");
        w.WriteString("Arch", VersionVerb.Architecture);
        w.WriteString("KernelVersion", KernelVersion.Release);
        w.WriteString("BuildTime", "");
    }
}
