// What the extension uses of https://developer.chrome.com/docs/extensions/reference/api, so that its types are checked too.

declare namespace chrome {
  interface Event<Parameters extends any[]> {
    addListener(listener: (...parameters: Parameters) => void): void;
  }

  namespace action {
    function setBadgeText(details: { text: string }): Promise<void>;
  }

  namespace alarms {
    interface Alarm {
      name: string;
    }
    const onAlarm: Event<[Alarm]>;
    function get(name: string): Promise<Alarm | undefined>;
    function create(name: string, info: { delayInMinutes?: number; periodInMinutes?: number }): Promise<void>;
  }

  namespace runtime {
    function getManifest(): { host_permissions: string[] };
  }

  namespace storage {
    const local: {
      get(key: string): Promise<Record<string, any>>;
      set(items: Record<string, any>): Promise<void>;
    };
    const onChanged: Event<[Record<string, { oldValue?: any; newValue?: any }>]>;
  }
}
