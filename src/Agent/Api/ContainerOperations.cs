using Skiff.Agent.Api.Http;
using Skiff.Agent.Cli;
using Skiff.Agent.Containers;
using Skiff.Agent.Images;
using Skiff.Agent.Manager;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Api;

/// <summary>What is done to containers that exist, each with an answer without a body.</summary>
internal static class ContainerOperations
{
    /// <summary>POST /containers/{id}/start: 304 for one that runs. Nobody attaches by it, so that the keys which would
    /// detach him say nothing.</summary>
    public static async Task Start(ApiServer server, Exchange x)
    {
        if (x.Request.Query.Value("checkpoint") is { Length: > 0 })
            throw ApiException.Bad("checkpoint is not supported: a container starts from its beginning");
        bool starts = await ApiServer.RunAsync(() => server.Runs.Start(server.Open(), x.Id));
        await x.EmptyAsync(starts ? 204 : 304);
    }

    /// <summary>POST /containers/{id}/stop: 304 for one that does not run.</summary>
    public static async Task Stop(ApiServer server, Exchange x) => await x.EmptyAsync(await ApiServer.RunAsync(() =>
    {
        Engine engine = server.Open();
        ContainerConfig config = engine.Containers.Find(x.Id);
        if (!engine.StateOf(config).IsActive) return 304;
        engine.Stop(WithSignal(config, x), Seconds(x) ?? config.StopTimeoutSeconds);
        return 204;
    }));

    /// <summary>POST /containers/{id}/restart.</summary>
    public static Task Restart(ApiServer server, Exchange x) => Do(server, x, (engine, config) =>
        engine.Restart(WithSignal(config, x), Seconds(x) ?? config.StopTimeoutSeconds));

    /// <summary>POST /containers/{id}/kill.</summary>
    public static Task Kill(ApiServer server, Exchange x) => Do(server, x, (engine, config) =>
    {
        int signal = Signals.SIGKILL;
        if (x.Request.Query.Value("signal") is { Length: > 0 } name && !Signals.TryParse(name, out signal))
            throw ApiException.Bad($"invalid signal: {name}");
        engine.Kill(config, signal);
    });

    /// <summary>POST /containers/{id}/pause.</summary>
    public static Task Pause(ApiServer server, Exchange x) => Do(server, x, (engine, config) => engine.Pause(config));

    /// <summary>POST /containers/{id}/unpause.</summary>
    public static Task Unpause(ApiServer server, Exchange x) =>
        Do(server, x, (engine, config) => engine.Unpause(config));

    /// <summary>POST /containers/{id}/rename.</summary>
    public static Task Rename(ApiServer server, Exchange x) => Do(server, x, (engine, config) =>
    {
        string name = (x.Request.Query.Value("name") ?? "").TrimStart('/');
        if (name.Length == 0) throw ApiException.Bad("Neither old nor new names may be empty");
        if (name == config.Name)
            throw ApiException.Bad("Renaming a container with the same name as its current name");
        engine.Rename(config, name);
    });

    /// <summary>DELETE /containers/{id}.</summary>
    public static Task Remove(ApiServer server, Exchange x) => Do(server, x, (engine, config) =>
    {
        if (x.Request.Query.Flag("link"))
            throw ApiException.Bad("link is not supported: a link ends with the container that was given it");
        engine.Remove(config, x.Request.Query.Flag("force"), x.Request.Query.Flag("v"));
    });

    /// <summary>POST /containers/prune.</summary>
    public static async Task Prune(ApiServer server, Exchange x)
    {
        var filter = new PruneFilter(Filters.Read(x));
        if (filter.Dangling is not null) throw ApiException.Bad("invalid filter 'dangling'");
        (List<string> gone, long bytes) = await ApiServer.RunAsync(() =>
            ContainerPruning.Prune(server.Open(), filter, config => Scoped.Has(x, config.Labels)));
        await x.JsonAsync(200, w =>
        {
            w.WriteStartObject();
            w.WriteStartArray("ContainersDeleted");
            foreach (string id in gone) w.WriteStringValue(id);
            w.WriteEndArray();
            w.WriteNumber("SpaceReclaimed", bytes);
            w.WriteEndObject();
        });
    }

    private static async Task Do(ApiServer server, Exchange x, Action<Engine, ContainerConfig> action)
    {
        await ApiServer.RunAsync(() =>
        {
            Engine engine = server.Open();
            action(engine, engine.Containers.Find(x.Id));
        });
        await x.EmptyAsync(204);
    }

    private static ContainerConfig WithSignal(ContainerConfig config, Exchange x) =>
        x.Request.Query.Value("signal") is { Length: > 0 } signal
            ? config with { StopSignal = SignalNames.Checked(signal) } : config;

    private static int? Seconds(Exchange x) => x.Request.Query.Value("t") is not { Length: > 0 } text ? null
        : int.TryParse(text, out int seconds) ? seconds : throw ApiException.Bad($"invalid t: {text}");
}
