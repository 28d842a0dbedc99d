using Skiff.Agent.Api.Http;

namespace Skiff.Agent.Api;

/// <summary>Managed plugins, of which there are none and never will be: drivers are part of the engine.</summary>
internal static class PluginOperations
{
    /// <summary>GET /plugins.</summary>
    public static Task List(ApiServer server, Exchange x)
    {
        foreach (string filter in Filters.Read(x))
            if (filter[..filter.IndexOf('=')] is var key and not ("capability" or "enabled" or "enable"))
                throw ApiException.Bad($"invalid filter '{key}'");
        return x.JsonAsync(200, w =>
        {
            w.WriteStartArray();
            w.WriteEndArray();
        });
    }

    /// <summary>What is done to one that is installed.</summary>
    public static Task NotFound(ApiServer server, Exchange x) =>
        throw new ApiException(404, $"plugin \"{x.Id}\" not found");

    /// <summary>What would install one.</summary>
    public static Task Refuse(ApiServer server, Exchange x) =>
        throw new ApiException(501, "managed plugins are not supported: the drivers are part of the engine");
}
