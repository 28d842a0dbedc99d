using System.Text.Json;
using Skiff.Agent.Api.Http;
using Skiff.Agent.Images;
using Skiff.Agent.Manager;
using Skiff.Layers.Oci;
using Skiff.Layers.Registry;
using Skiff.Layers.Registry.Logins;

namespace Skiff.Agent.Api;

/// <summary>What is asked of registries: SystemAuth, DistributionInspect, ImageSearch.</summary>
internal static class RegistryOperations
{
    /// <summary>POST /auth.</summary>
    public static async Task Auth(ApiServer server, Exchange x)
    {
        using JsonDocument body = JsonBody.Parse(await x.ReadBodyAsync());
        string registry = ServerName.RegistryOf(JsonBody.Text(body.RootElement, "serveraddress"));
        RegistryCredentials login = LoginText.Of(body.RootElement)
            ?? throw new ApiException(401, "unauthorized: a username and a password, or a token, are needed");
        x.WatchClient();
        await ApiServer.JsonAsync(x, 200, w =>
        {
            RegistryCredentials kept = RegistryLogin.VerifyAsync(
                server.Open().Registries.Access, registry, login, x.Gone).GetAwaiter().GetResult();
            w.WriteStartObject();
            w.WriteString("Status", "Login Succeeded");
            w.WriteString("IdentityToken", kept.IdentityToken ?? "");
            w.WriteEndObject();
        });
    }

    /// <summary>GET /distribution/{name}/json.</summary>
    public static Task Inspect(ApiServer server, Exchange x)
    {
        Reference name = Reference.Parse(x.Id);
        RegistryCredentials? login = LoginText.Of(x);
        x.WatchClient();
        return ApiServer.JsonAsync(x, 200, w =>
        {
            Engine engine = server.Open();
            engine.Registries.Lend(name.Registry, login);
            using RegistryClient registry = engine.Registries.Access.Open(name);
            FetchedManifest document = registry.GetManifestAsync(name, null, x.Gone).GetAwaiter().GetResult();
            w.WriteStartObject();
            w.WriteStartObject("Descriptor");
            Layers.Oci.Index? index = document.IsIndex ? Layers.Oci.Index.Parse(document.Bytes) : null;
            Manifest? manifest = document.IsIndex ? null : Manifest.Parse(document.Bytes);
            w.WriteString("mediaType", index is not null ? index.MediaType ?? MediaTypes.OciIndex
                : manifest!.MediaType ?? MediaTypes.OciManifest);
            w.WriteString("digest", document.Digest.ToString());
            w.WriteNumber("size", document.Bytes.Length);
            w.WriteEndObject();
            w.WriteStartArray("Platforms");
            foreach (Descriptor one in index?.Manifests ?? [])
                if (one.Platform is { } platform) Write(w, platform);
            if (manifest is not null) Write(w, PlatformOf(registry, name, manifest, x.Gone));
            w.WriteEndArray();
            w.WriteEndObject();
        });
    }

    /// <summary>GET /images/search: a registry that has no search says so.</summary>
    public static Task Search(ApiServer server, Exchange x)
    {
        Query query = x.Request.Query;
        string term = query.Value("term") is { Length: > 0 } given ? given : throw ApiException.Bad("term is empty");
        var search = new ImageSearch(term, query.Value("limit"), Filters.Read(x));
        RegistryCredentials? login = LoginText.Of(x);
        x.WatchClient();
        return ApiServer.JsonAsync(x, 200, w =>
        {
            List<FoundImage> found = search.Run(server.Open().Registries.Access, login, x.Gone);
            w.WriteStartArray();
            foreach (FoundImage one in found) Write(w, one);
            w.WriteEndArray();
        });
    }

    private static Platform PlatformOf(
        RegistryClient registry, Reference name, Manifest manifest, CancellationToken cancellation)
    {
        ImageConfig config = ImageConfig.Parse(registry.GetBlobAsync(
            name, manifest.Config, ImageConfig.MaxBytes, cancellation).GetAwaiter().GetResult());
        return new Platform { Os = config.Os, Architecture = config.Architecture, Variant = config.Variant };
    }

    private static void Write(Utf8JsonWriter w, Platform platform)
    {
        w.WriteStartObject();
        ImageListing.WritePlatform(w, platform);
        w.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter w, FoundImage found)
    {
        w.WriteStartObject();
        w.WriteNumber("star_count", found.Stars);
        w.WriteBoolean("is_official", found.IsOfficial);
        w.WriteString("name", found.Name);
        w.WriteBoolean("is_automated", false);
        w.WriteString("description", found.Description);
        w.WriteEndObject();
    }
}
