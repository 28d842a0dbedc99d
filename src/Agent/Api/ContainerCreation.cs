using System.Text.Json;
using Skiff.Agent.Api.Http;
using Skiff.Agent.Cli;
using Skiff.Agent.Containers;
using Skiff.Agent.Images;
using Skiff.Agent.Manager;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Api;

using static Skiff.Agent.Api.JsonBody;

/// <summary>ContainerCreate.</summary>
internal static class ContainerCreation
{
    /// <summary>POST /containers/create.</summary>
    public static async Task Create(ApiServer server, Exchange x)
    {
        using JsonDocument body = JsonBody.Parse(await x.ReadBodyAsync());
        JsonElement root = body.RootElement;
        string name = x.Request.Query.Value("name") ?? "", platform = x.Request.Query.Value("platform") ?? "";
        var warnings = new List<string>();
        ContainerConfig created = await ApiServer.RunAsync(
            () => Create(server.Open(warnings.Add), x, root, name, platform));
        await x.JsonAsync(201, w =>
        {
            w.WriteStartObject();
            w.WriteString("Id", created.Id);
            InspectJson.WriteStrings(w, "Warnings", warnings);
            w.WriteEndObject();
        });
    }

    private static ContainerConfig Create(
        Engine engine, Exchange x, JsonElement body, string name, string platform)
    {
        Creation.CheckHost();
        ParsedArguments options = CreateOptions.Read(body, name, platform).Arguments;
        ContainerConfig asked = ContainerOptions.Read(options, ContainerStore.NewId());
        List<string>? entrypoint = Texts(body, "Entrypoint");
        (ushort rows, ushort columns) = ConsoleSize(JsonBody.Object(body, "HostConfig") ?? default);
        asked = asked with
        {
            // A name without a value takes away what the image has; on a command line it would be the client's own.
            Env = [.. Texts(body, "Env") ?? []],
            // An option would take a name with a '=' in it for another one.
            Labels = Map(body, "Labels"),
            Healthcheck = JsonBody.Object(body, "Healthcheck") is { } check ? HealthcheckOf(check) : null,
            Shell = [.. Texts(body, "Shell") ?? []],
            Attached = [.. ((string[])["Stdin", "Stdout", "Stderr"]).Where(s => Truth(body, "Attach" + s) is true)],
            StdinOnce = Truth(body, "StdinOnce") is true,
            ConsoleRows = rows,
            ConsoleColumns = columns,
        };
        asked = ScopedCreation.Checked(engine, x, asked);
        Platform? wanted = platform.Length > 0 ? Platform.Parse(platform) : null;
        using StoreLock hold = engine.Images.Hold();
        if (engine.Images.Find(asked.Image) is not { } image || (wanted?.Suits(image.Platform) ?? 1) <= 0)
            throw new ApiException(404, $"No such image: {ImageStore.Shown(asked.Image)}");
        MountFlags.MakeSources(options);
        return engine.Create(asked, entrypoint is [""] ? [] : entrypoint?.ToArray(), image);
    }

    /// <summary>A health check (HealthConfig).</summary>
    public static Healthcheck HealthcheckOf(JsonElement check) => new()
    {
        Test = Texts(check, "Test") is { Count: > 0 } test ? [.. test] : null,
        IntervalNs = Number(check, "Interval") ?? 0,
        TimeoutNs = Number(check, "Timeout") ?? 0,
        StartPeriodNs = Number(check, "StartPeriod") ?? 0,
        StartIntervalNs = Number(check, "StartInterval") ?? 0,
        Retries = (int)(Number(check, "Retries") ?? 0),
    };
}
