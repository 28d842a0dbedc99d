using Skiff.Agent.Api.Http;
using Skiff.Agent.Images;
using Skiff.Agent.Manager;
using Skiff.Layers.Oci;
using Skiff.Layers.Pipeline;
using Skiff.Layers.Registry;

namespace Skiff.Agent.Api;

/// <summary>Images that come and go: ImageCreate, ImagePush, ImageLoad, ImageGet and ImageGetAll.</summary>
internal static class ImageTransfers
{
    /// <summary>POST /images/create: a pull, or an import. When the client goes, it ends.</summary>
    public static Task Create(ApiServer server, Exchange x)
    {
        Query query = x.Request.Query;
        if (x.Scope is { } scope && query.Value("fromSrc") is { Length: > 0 }) throw Scoped.Refusal(scope, "fromSrc");
        Platform? platform = query.Value("platform") is { Length: > 0 } text ? Platform.Parse(text) : null;
        return query.Value("fromImage") is { Length: > 0 } image ? Pull(server, x, image, platform)
            : query.Value("fromSrc") is { Length: > 0 } source ? Import(server, x, source, platform ?? Platform.Host)
            : throw ApiException.Bad("one of fromImage and fromSrc has to be there");
    }

    /// <summary>POST /images/{name}/push: one tag, or all that are here.</summary>
    public static Task Push(ApiServer server, Exchange x)
    {
        Reference name = NameText.Of(x.Id, x.Request.Query.Value("tag"));
        Platform? platform = NameText.PlatformOf(x);
        RegistryCredentials? login = LoginText.Of(x);
        return ProgressAnswer.RunAsync(server, x, (progress, stop) =>
        {
            Engine engine = server.Open();
            engine.Images.Registries.Lend(name.Registry, login);
            List<Reference> tags = name.TagIsDefault ? engine.Images.TagsOf(name) : [name];
            // What is not here is known before anything is answered.
            foreach (Reference tag in tags)
                if (engine.Images.Find(tag) is null) throw ImageStore.WithoutTag(tag);
            progress.Message($"The push refers to repository [{name.Name}]");
            foreach (Reference tag in tags) engine.Push(tag, platform, new PushSettings(), progress, stop);
        });
    }

    /// <summary>POST /images/load.</summary>
    public static Task Load(ApiServer server, Exchange x)
    {
        Platform? platform = NameText.PlatformOf(x);
        bool quiet = x.Request.Query.Flag("quiet");
        return ProgressAnswer.RunAsync(server, x, (progress, stop) => server.Open().Load(
            x.Body, platform, quiet ? new QuietProgress(progress) : progress, stop), watch: false);
    }

    /// <summary>GET /images/{name}/get.</summary>
    public static Task Get(ApiServer server, Exchange x) => SaveAsync(server, x, [x.Id]);

    /// <summary>GET /images/get.</summary>
    public static Task GetAll(ApiServer server, Exchange x) => x.Request.Query.Values("names") is { Count: > 0 } names
        ? SaveAsync(server, x, names) : throw ApiException.Bad("names: no image is named");

    private static Task Pull(ApiServer server, Exchange x, string image, Platform? platform)
    {
        Reference name = NameText.Of(image, x.Request.Query.Value("tag"));
        RegistryCredentials? login = LoginText.Of(x);
        return ProgressAnswer.RunAsync(server, x, (progress, stop) =>
        {
            Engine engine = server.Open();
            engine.Images.Registries.Lend(name.Registry, login);
            try
            {
                foreach (Reference one in name.TagIsDefault ? engine.RemoteTags(name, null, stop) : [name])
                    engine.Pull(one, platform, null, progress, stop);
            }
            catch (ImageException e) when (e.Kind == ImageErrorKind.Denied)
            {
                // In these words, by which clients know it.
                throw new ImageException($"pull access denied for {name.FamiliarName}, repository does not exist or "
                    + $"may require 'docker login': {e.Message}", ImageErrorKind.NotFound);
            }
        });
    }

    private static Task Import(ApiServer server, Exchange x, string source, Platform platform)
    {
        Query query = x.Request.Query;
        Reference? name = NameText.OfTarget(x);
        Uri? address = null;
        if (source != "-" && (!Uri.TryCreate(source.Contains("://", StringComparison.Ordinal) ? source
            : "http://" + source, UriKind.Absolute, out address) || address.Scheme is not ("http" or "https")))
            throw ApiException.Bad($"fromSrc: \"{source}\" is no address: use http://HOST[:PORT]/PATH or https://…");
        string message = query.Value("message") is { Length: > 0 } given ? given : $"Imported from {source}";
        return ProgressAnswer.RunAsync(server, x, (progress, stop) =>
        {
            Engine engine = server.Open();
            using Stream tar = address is null ? x.Body : engine.Images.Registries.Access.OpenFile(address, stop);
            if (address is not null) progress.Message($"Downloading from {address}");
            progress.Message(engine.Import(
                tar, name, platform, message, ImageOperations.Changes(query), stop).ToString());
        }, watch: address is not null);
    }

    private static Task SaveAsync(ApiServer server, Exchange x, List<string> names)
    {
        Platform? platform = NameText.PlatformOf(x);
        return ApiServer.RunAsync(() =>
        {
            Stream? answer = null;
            server.Open().Save(names, platform, piece =>
            {
                answer ??= x.BeginAsync(200, "application/x-tar").GetAwaiter().GetResult();
                answer.Write(piece);
            }, x.Gone);
        });
    }

    // Of a load that is to say little: which images have come.
    private sealed class QuietProgress(IImageProgress progress) : IImageProgress
    {
        public void Report(in LayerProgress layer)
        {
        }

        public void Message(string status, string? id = null)
        {
        }

        public void Loaded(string line) => progress.Loaded(line);
    }
}
