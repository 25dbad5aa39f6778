//! Signing in: the first way that works, in a fixed order, or the one that is asked for.
//!
//! The order is that of Azure's own tools: a secret or certificate in the environment, a workload's
//! identity, the identity of the machine, the Azure command line. `azure_identity` knows each of them
//! and keeps tokens until shortly before they expire; it has no chain of them.

use crate::{Cloud, Error, Result, Sending, Token, TokenSource, certificate::Certificate};
use azure_core::{
    cloud::CloudConfiguration,
    credentials::{Secret, TokenCredential},
    http::{ClientOptions, policies::Policy},
};
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, ClientAssertionCredential,
    ClientAssertionCredentialOptions, ClientSecretCredential, ClientSecretCredentialOptions,
    ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId, WorkloadIdentityCredential,
    WorkloadIdentityCredentialOptions,
};
use std::{collections::HashMap, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};
use tokio::{net::TcpStream, sync::Mutex, time::timeout};

/// How to sign in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    /// The first of the others that works.
    #[default]
    Auto,
    /// A secret or certificate named by the environment.
    Environment,
    /// The identity of a workload, such as a pod.
    Workload,
    /// The identity of the machine or service that this runs on.
    Managed,
    /// Whoever is signed in to the Azure command line.
    Cli,
}

impl Method {
    /// What it is in words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "the first way that works",
            Self::Environment => "environment variables",
            Self::Workload => "workload identity",
            Self::Managed => "managed identity",
            Self::Cli => "the Azure command line",
        }
    }
}

/// Environment variables that are read; their names are Azure's own.
const VARIABLES: [&str; 7] = [
    "AZURE_TENANT_ID",
    "AZURE_CLIENT_ID",
    "AZURE_CLIENT_SECRET",
    "AZURE_CLIENT_CERTIFICATE_PATH",
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_AUTHORITY_HOST",
    "IDENTITY_ENDPOINT",
];

/// How long the machine's identity service is looked for: elsewhere its address never answers.
const PROBE: Duration = Duration::from_secs(1);
const IDENTITY_SERVICE: ([u8; 4], u16) = ([169, 254, 169, 254], 80);

/// Signs in and keeps the way that worked.
pub struct SignIn {
    method: Method,
    cloud: Cloud,
    /// What tokens are asked for.
    audience: &'static str,
    variables: HashMap<&'static str, String>,
    identity_service: SocketAddr,
    /// Changes requests for tokens; for tests, since authorities must be https.
    policy: Option<Arc<dyn Policy>>,
    current: Mutex<Option<(Method, Arc<dyn TokenCredential>)>>,
}

impl SignIn {
    /// By `method`, in `tenant` where given; `variable` reads an environment variable.
    #[must_use]
    pub fn new(
        method: Method,
        tenant: Option<String>,
        cloud: Cloud,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let known = |name| variable(name).filter(|value| !value.is_empty()).map(|value| (name, value));
        let mut variables: HashMap<&'static str, String> = VARIABLES.into_iter().filter_map(known).collect();
        if let Some(tenant) = tenant {
            variables.insert("AZURE_TENANT_ID", tenant);
        }
        Self {
            method,
            cloud,
            audience: cloud.token_scope(),
            variables,
            identity_service: IDENTITY_SERVICE.into(),
            policy: None,
            current: Mutex::default(),
        }
    }

    /// The same for storage instead of management calls.
    #[must_use]
    pub fn for_storage(self) -> Self {
        Self { audience: self.cloud.storage_scope(), ..self }
    }

    /// Signs in, and says by which way.
    ///
    /// # Errors
    /// [`Error::NotSignedIn`], which lists what was tried.
    pub async fn check(&self) -> Result<Method> {
        self.token(false).await.map_err(|why| Error::NotSignedIn { why })?;
        Ok(self.current.lock().await.as_ref().map_or(self.method, |(method, _)| *method))
    }

    async fn get(&self, renew: bool) -> std::result::Result<Token, String> {
        let mut current = self.current.lock().await;
        if renew {
            // Its cache would give the refused token again.
            *current = None;
        }
        if let Some((method, credential)) = &*current {
            return ask(&**credential, self.audience)
                .await
                .map_err(|why| format!("{}: {why}", method.name()));
        }
        let methods: &[Method] = match &self.method {
            Method::Auto => &[Method::Environment, Method::Workload, Method::Managed, Method::Cli],
            one => std::slice::from_ref(one),
        };
        let mut tried = Vec::new();
        for method in methods {
            let outcome = match self.credential(*method).await {
                Ok(credential) => ask(&*credential, self.audience).await.map(|token| (credential, token)),
                Err(why) => Err(why),
            };
            match outcome {
                Ok((credential, token)) => {
                    tracing::debug!("signed in by {}", method.name());
                    *current = Some((*method, credential));
                    return Ok(token);
                }
                Err(why) => tried.push(format!("{}: {why}", method.name())),
            }
        }
        Err(format!(
            "{}; sign in with `az login`, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET",
            tried.join("; ")
        ))
    }

    async fn credential(&self, method: Method) -> std::result::Result<Arc<dyn TokenCredential>, String> {
        let variable = |name: &str| self.variables.get(name).cloned();
        let need = |name: &str| variable(name).ok_or_else(|| format!("{name} is not set"));
        let told = |error: azure_core::Error| brief(&error.to_string());
        Ok(match method {
            Method::Auto | Method::Environment => {
                let (tenant, client) = (need("AZURE_TENANT_ID")?, need("AZURE_CLIENT_ID")?);
                if let Some(secret) = variable("AZURE_CLIENT_SECRET") {
                    let options = ClientSecretCredentialOptions { client_options: self.options()? };
                    ClientSecretCredential::new(&tenant, client, Secret::new(secret), Some(options))
                        .map_err(told)?
                } else {
                    let path = variable("AZURE_CLIENT_CERTIFICATE_PATH").ok_or(
                        "neither AZURE_CLIENT_SECRET nor AZURE_CLIENT_CERTIFICATE_PATH is set".to_owned(),
                    )?;
                    let audience = format!("{}/{tenant}/oauth2/v2.0/token", self.authority());
                    let certificate = Certificate::read(&PathBuf::from(path), &client, audience)?;
                    let options = ClientAssertionCredentialOptions { client_options: self.options()? };
                    ClientAssertionCredential::new(tenant, client, certificate, Some(options))
                        .map_err(told)?
                }
            }
            Method::Workload => {
                let options = WorkloadIdentityCredentialOptions {
                    credential_options: ClientAssertionCredentialOptions { client_options: self.options()? },
                    client_id: Some(need("AZURE_CLIENT_ID")?),
                    tenant_id: Some(need("AZURE_TENANT_ID")?),
                    token_file_path: Some(PathBuf::from(need("AZURE_FEDERATED_TOKEN_FILE")?)),
                };
                WorkloadIdentityCredential::new(Some(options)).map_err(told)?
            }
            Method::Managed => {
                if variable("IDENTITY_ENDPOINT").is_none() {
                    let connect = TcpStream::connect(self.identity_service);
                    match timeout(PROBE, connect).await {
                        Ok(Ok(_)) => {}
                        _ => return Err("there is none on this machine".to_owned()),
                    }
                }
                let options = ManagedIdentityCredentialOptions {
                    user_assigned_id: variable("AZURE_CLIENT_ID").map(UserAssignedId::ClientId),
                    client_options: self.options()?,
                };
                ManagedIdentityCredential::new(Some(options)).map_err(told)?
            }
            Method::Cli => {
                let options = AzureCliCredentialOptions {
                    tenant_id: variable("AZURE_TENANT_ID"),
                    ..AzureCliCredentialOptions::default()
                };
                AzureCliCredential::new(Some(options)).map_err(told)?
            }
        })
    }

    fn authority(&self) -> String {
        let host = self.variables.get("AZURE_AUTHORITY_HOST").map_or(self.cloud.authority(), String::as_str);
        host.trim_end_matches('/').to_owned()
    }

    fn options(&self) -> std::result::Result<ClientOptions, String> {
        let mut options = ClientOptions::default();
        if !self.variables.contains_key("AZURE_AUTHORITY_HOST") {
            let cloud = match self.cloud {
                Cloud::Public => CloudConfiguration::AzurePublic,
                Cloud::UsGov => CloudConfiguration::AzureGovernment,
                Cloud::China => CloudConfiguration::AzureChina,
            };
            options.cloud = Some(Arc::new(cloud));
        }
        options.per_try_policies.extend(self.policy.clone());
        Ok(options)
    }
}

async fn ask(credential: &dyn TokenCredential, audience: &str) -> std::result::Result<Token, String> {
    let token = credential.get_token(&[audience], None).await;
    token.map(|token| Token::new(token.token.secret())).map_err(|error| brief(&error.to_string()))
}

/// A message in one line, not longer than a person reads.
fn brief(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(300).collect()
}

impl TokenSource for SignIn {
    fn token(&self, renew: bool) -> Sending<'_, std::result::Result<Token, String>> {
        Box::pin(self.get(renew))
    }
}

/// A token that somebody else got, such as a pipeline.
#[derive(Debug)]
pub struct ReadyToken(pub Token);

impl TokenSource for ReadyToken {
    fn token(&self, renew: bool) -> Sending<'_, std::result::Result<Token, String>> {
        Box::pin(async move {
            if renew {
                return Err("the ready token has expired; get a new one".to_owned());
            }
            Ok(self.0.clone())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use azure_core::http::{Context, Request as CoreRequest, Url, policies::PolicyResult};
    use std::{
        io::{Read, Write},
        net::TcpListener,
        sync::atomic::{AtomicUsize, Ordering},
    };

    /// Sends what is meant for an authority to a local server.
    #[derive(Debug)]
    struct ToLocal(Url);

    #[async_trait::async_trait]
    impl Policy for ToLocal {
        async fn send(
            &self,
            ctx: &Context,
            request: &mut CoreRequest,
            next: &[Arc<dyn Policy>],
        ) -> PolicyResult {
            let mut url = self.0.clone();
            url.set_path(request.url().path());
            *request.url_mut() = url;
            next[0].send(ctx, request, &next[1..]).await
        }
    }

    /// An authority that gives a new token at each call, and how often it was asked and what.
    fn authority() -> (Url, Arc<AtomicUsize>, Arc<std::sync::Mutex<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let (asked, last) = (Arc::new(AtomicUsize::new(0)), Arc::new(std::sync::Mutex::default()));
        let (count, text) = (Arc::clone(&asked), Arc::clone(&last));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut request = Vec::new();
                let mut piece = [0; 4096];
                let is_whole = |request: &[u8]| {
                    let text = String::from_utf8_lossy(request).to_ascii_lowercase();
                    text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
                        let length = head
                            .split("content-length: ")
                            .nth(1)
                            .and_then(|rest| rest.split("\r\n").next()?.trim().parse::<usize>().ok());
                        body.len() >= length.unwrap_or(0)
                    })
                };
                while !is_whole(&request) {
                    let read = stream.read(&mut piece).unwrap();
                    if read == 0 {
                        break;
                    }
                    request.extend_from_slice(&piece[..read]);
                }
                *text.lock().unwrap() = String::from_utf8_lossy(&request).into_owned();
                let number = count.fetch_add(1, Ordering::SeqCst) + 1;
                let body = format!(
                    r#"{{"token_type":"Bearer","expires_in":3600,"access_token":"planted-token-{number}"}}"#
                );
                let reply = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                );
                stream.write_all(reply.as_bytes()).unwrap();
            }
        });
        (url, asked, last)
    }

    fn variables(set: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> {
        let set: HashMap<String, String> =
            set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        move |name| set.get(name).cloned()
    }

    const SECRET: [(&str, &str); 3] = [
        ("AZURE_TENANT_ID", "11111111-1111-1111-1111-111111111111"),
        ("AZURE_CLIENT_ID", "22222222-2222-2222-2222-222222222222"),
        ("AZURE_CLIENT_SECRET", "planted-secret"),
    ];

    #[tokio::test]
    async fn a_token_is_kept_and_a_refused_one_is_renewed() {
        let (url, asked, last) = authority();
        let mut sign_in = SignIn::new(Method::Auto, None, Cloud::Public, variables(&SECRET));
        sign_in.policy = Some(Arc::new(ToLocal(url)));
        let token = async |renew| sign_in.get(renew).await.unwrap().secret().to_owned();
        assert_eq!(token(false).await, "planted-token-1");
        assert_eq!(token(false).await, "planted-token-1");
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        assert_eq!(token(true).await, "planted-token-2");
        assert_eq!(sign_in.check().await.unwrap(), Method::Environment);
        let request = last.lock().unwrap().clone();
        assert!(request.contains("/11111111-1111-1111-1111-111111111111/oauth2/v2.0/token"), "{request}");
        assert!(request.contains("management.azure.com%2F.default"), "{request}");
    }

    #[tokio::test]
    async fn what_was_tried_is_listed_and_holds_no_secret() {
        let mut sign_in = SignIn::new(Method::Auto, None, Cloud::UsGov, variables(&[]));
        // Nobody listens there, as on a laptop; the real address does not even refuse.
        sign_in.identity_service = ([127, 0, 0, 1], 1).into();
        let why = sign_in.get(false).await.unwrap_err();
        for tried in ["AZURE_TENANT_ID is not set", "workload identity", "none on this machine", "az login"] {
            assert!(why.contains(tried), "{tried}: {why}");
        }
        let only = SignIn::new(Method::Workload, None, Cloud::Public, variables(&SECRET));
        let why = only.get(false).await.unwrap_err();
        assert!(why.contains("AZURE_FEDERATED_TOKEN_FILE is not set") && !why.contains("planted"), "{why}");
    }

    #[tokio::test]
    async fn a_machine_without_an_identity_service_costs_a_second_at_most() {
        let mut sign_in = SignIn::new(Method::Managed, None, Cloud::Public, variables(&[]));
        // An address that never answers.
        sign_in.identity_service = ([192, 0, 2, 1], 80).into();
        let begin = std::time::Instant::now();
        assert!(sign_in.get(false).await.is_err());
        assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
    }

    #[tokio::test]
    async fn a_ready_token_is_given_until_it_is_refused() {
        let ready = ReadyToken(Token::new("planted"));
        assert_eq!(ready.token(false).await.unwrap().secret(), "planted");
        assert!(!ready.token(true).await.unwrap_err().contains("planted"));
        assert_eq!(format!("{ready:?}"), "ReadyToken(Token)");
    }
}
