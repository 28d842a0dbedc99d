using Skiff.Agent.Api.Http;

namespace Skiff.Agent.Api;

/// <summary>ImageBuild, BuildPrune and Session: the door that a builder will stand behind.</summary>
internal static class BuildOperations
{
    /// <summary>POST /build, /build/prune and /session.</summary>
    public static Task Refuse(ApiServer server, Exchange x) => throw new ApiException(501,
        "this engine does not build images yet: build with a builder of its own (docker buildx create --driver remote, "
        + "buildah, kaniko), then pull or load the image");
}
