/** The camera: asked for, shown, turned, lit, and let go of when nobody looks. */

export type CameraState = "asking" | "starting" | "on" | "denied" | "none" | "insecure";

interface TorchCapabilities extends MediaTrackCapabilities {
  torch?: boolean;
}
interface TorchConstraint extends MediaTrackConstraintSet {
  torch: boolean;
}

export class Camera {
  #stream: MediaStream | undefined;
  #devices: string[] = [];
  #chosen: string | undefined;
  #starting: Promise<void> | undefined;

  constructor(
    readonly video: HTMLVideoElement,
    readonly changed: (state: CameraState) => void,
  ) {}

  get on(): boolean {
    return this.#stream !== undefined;
  }

  /** True when this page was allowed to use the camera before, so that nobody need be asked. */
  static async allowed(): Promise<boolean> {
    try {
      return (await navigator.permissions.query({ name: "camera" as PermissionName })).state === "granted";
    } catch {
      return false; // a browser that does not know this question asks when the camera is started
    }
  }

  /** Show the camera's picture; `changed` is told what became of it. */
  start(): Promise<void> {
    this.#starting ??= this.#start().finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  async #start(): Promise<void> {
    if (this.#stream) {
      await this.video.play();
      return;
    }
    if (!navigator.mediaDevices) {
      this.changed(window.isSecureContext ? "none" : "insecure");
      return;
    }
    this.changed("starting");
    try {
      const wanted = this.#chosen ? { deviceId: { exact: this.#chosen } } : { facingMode: "environment" };
      const size = { width: { ideal: 1920 }, height: { ideal: 1080 } };
      this.#stream = await navigator.mediaDevices.getUserMedia({ video: { ...wanted, ...size }, audio: false });
      this.video.srcObject = this.#stream;
      await this.video.play();
      const found = await navigator.mediaDevices.enumerateDevices();
      this.#devices = found.filter((each) => each.kind === "videoinput").map((each) => each.deviceId);
      this.changed("on");
    } catch (error) {
      this.stop();
      this.changed(error instanceof DOMException && error.name === "NotAllowedError" ? "denied" : "none");
    }
  }

  /** Let go of the camera; its light goes out. */
  stop(): void {
    for (const track of this.#stream?.getTracks() ?? []) {
      track.stop();
    }
    this.#stream = undefined;
    this.video.srcObject = null;
  }

  get hasTorch(): boolean {
    return Boolean(this.#capabilities()?.torch);
  }

  get hasOthers(): boolean {
    return this.#devices.length > 1;
  }

  /** Light the torch, or put it out. */
  async light(on: boolean): Promise<void> {
    const torch: TorchConstraint = { torch: on };
    await this.#track()?.applyConstraints({ advanced: [torch] });
  }

  /** Take the next camera of the device. */
  async turn(): Promise<void> {
    const used = this.#track()?.getSettings().deviceId ?? "";
    this.#chosen = this.#devices[(this.#devices.indexOf(used) + 1) % this.#devices.length];
    this.stop();
    await this.start();
  }

  #track(): MediaStreamTrack | undefined {
    return this.#stream?.getVideoTracks()[0];
  }

  #capabilities(): TorchCapabilities | undefined {
    const track = this.#track();
    return track && "getCapabilities" in track ? track.getCapabilities() : undefined; // Firefox has none
  }
}
