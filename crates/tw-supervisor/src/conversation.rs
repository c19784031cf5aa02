//! What is said on the request socket of one attempt (protocol 1.5, 1.9).

use std::io;
use std::os::fd::AsFd as _;
use std::time::Duration;

use serde_json::Value;
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tw_model::{AttemptOutcome, Workload};
use tw_wire::frame::encode_response;
use tw_wire::supervisor::request::SkipList;
use tw_wire::supervisor::{ErrorBody, StartupDetails, ToSupervisor, ToTask};

use crate::channel::Channel;
use crate::logs::{LogSink, now};
use crate::options::SupervisorOptions;
use crate::report::{Facts, check_label, terminal};
use crate::services::{RequestError, TaskServices};

/// First pause before something that is temporarily unavailable is tried again.
const PAUSE_MIN: Duration = Duration::from_millis(100);
/// Longest such pause.
const PAUSE_MAX: Duration = Duration::from_secs(5);
/// How long all such pauses of one request may take together. Long enough for a scheduler to be
/// taken over; an attempt that is refused because of an outage costs a try.
const PATIENCE: Duration = Duration::from_secs(30);

/// One side of the conversation with a child, and what is remembered of it.
pub(crate) struct Conversation<'a> {
    pub(crate) workload: &'a Workload,
    pub(crate) services: &'a dyn TaskServices,
    pub(crate) options: &'a SupervisorOptions,
    pub(crate) sink: LogSink,
    /// Cancelled when the end of the attempt was accepted.
    pub(crate) reported: CancellationToken,
    /// What the attempt did that decides about others.
    pub(crate) facts: Facts,
    /// Why its end was refused, if it was.
    pub(crate) refusal: Option<String>,
    /// It reported an end that no exception led to: one in its log was handled there.
    pub(crate) ended_well: bool,
}

/// The answer to one request.
#[derive(Debug)]
pub(crate) enum Answer {
    /// "Done", for requests whose answer has no body.
    Empty,
    /// A value.
    Body(ToTask),
    /// An exception in user code.
    Error(ErrorBody),
    /// A new log socket.
    LogSocket,
}

impl From<RequestError> for Answer {
    fn from(error: RequestError) -> Self {
        let status = match error {
            RequestError::Refused { status, .. } => status,
            RequestError::Unavailable { .. } => 503,
        };
        Self::refused(status, &error.to_string())
    }
}

impl Answer {
    pub(crate) fn refused(status: u16, message: &str) -> Self {
        Self::Error(ErrorBody::status(status, message, None))
    }

    pub(crate) const OK: Self = Self::Body(ToTask::OKResponse { ok: true });
}

impl Conversation<'_> {
    /// Says what to run, then answers until the child closes the socket. Exactly one answer per
    /// request: a child that gets none waits for ever.
    ///
    /// # Errors
    /// The socket failed, mostly because the child is gone; `InvalidData` when what the child writes
    /// is no longer understood, so that it has to be stopped.
    pub(crate) async fn hold(&mut self, stream: UnixStream, log_sockets: mpsc::Sender<UnixStream>) -> io::Result<()> {
        let mut channel = Channel::new(stream, self.options.frame_stall);
        let details = StartupDetails::new(self.workload, now(), &self.options.hostname);
        let body = ToTask::StartupDetails(Box::new(details)).to_body();
        channel.send(&encode_response(0, Some(&body), None)).await?;
        while let Some(request) = channel.receive().await? {
            let (id, answer) = match request {
                Ok(frame) => (frame.id, self.answer(frame.body).await),
                // The child takes the next frame as its answer and does not compare ids.
                Err(error) => (0, Answer::refused(400, &error.to_string())),
            };
            send(&mut channel, id, answer, &log_sockets).await?;
        }
        Ok(())
    }

    async fn answer(&mut self, body: Value) -> Answer {
        let message = match ToSupervisor::decode(body) {
            Ok(message) => message,
            Err(error) => return Answer::refused(400, &error.to_string()),
        };
        if let Some(report) = terminal(&message, &self.facts, now()) {
            return self.end(report).await;
        }
        let answer = match message {
            ToSupervisor::SetXCom(write) => self.set_xcom(write).await,
            ToSupervisor::SkipDownstreamTasks(list) => self.skip_downstream(list).await,
            ToSupervisor::SetRenderedMapIndex(label) => self.set_label(&label.rendered_map_index).await,
            ToSupervisor::SetRenderedFields(fields) => {
                patiently(|| self.services.set_rendered_fields(self.workload, &fields.rendered_fields))
                    .await
                    .map(|()| Answer::Empty)
            }
            ToSupervisor::MaskSecret(secret) => {
                self.sink.learn(&secret.value, secret.name.as_deref());
                Ok(Answer::Empty)
            }
            ToSupervisor::ResendLoggingFD(_) => Ok(Answer::LogSocket),
            question => self.look_up(question).await,
        };
        answer.unwrap_or_else(Answer::from)
    }

    /// Reports the end of the attempt; answers only when it is committed or refused.
    async fn end(&mut self, report: Result<tw_model::AttemptReport, String>) -> Answer {
        if self.reported.is_cancelled() {
            return Answer::refused(409, "the end of this attempt was already reported");
        }
        let ended_well = matches!(&report, Ok(report) if !failed(&report.outcome));
        let ended = match report {
            Ok(report) => patiently(|| self.services.attempt_ended(self.workload.attempt, report.clone())).await,
            Err(message) => Err(RequestError::Refused { status: 422, message }),
        };
        match ended {
            Ok(()) => {
                self.reported.cancel();
                self.ended_well = ended_well;
                Answer::Empty
            }
            Err(error) => {
                self.refusal = Some(error.to_string());
                Answer::from(error)
            }
        }
    }

    async fn set_xcom(&mut self, write: tw_wire::supervisor::XComWrite) -> Result<Answer, RequestError> {
        if let Some(length) = write.mapped_length.filter(|&length| length > self.options.max_map_length) {
            let limit = self.options.max_map_length;
            let message = format!("the value has {length} items; mapped tasks take at most {limit} (max_map_length)");
            return Ok(Answer::Error(ErrorBody::status(400, &message, Some("unmappable_return_value_length"))));
        }
        let length = write.mapped_length.and_then(|length| u32::try_from(length).ok());
        patiently(|| self.services.set_xcom(&write.target, &write.value, length)).await?;
        self.facts.note(self.workload, &write);
        Ok(Answer::Empty)
    }

    async fn skip_downstream(&self, list: SkipList) -> Result<Answer, RequestError> {
        let tasks: Vec<_> = list.tasks.into_iter().map(Into::into).collect();
        patiently(|| self.services.skip_downstream(self.workload.attempt, &tasks)).await?;
        Ok(Answer::Empty)
    }

    async fn set_label(&self, label: &str) -> Result<Answer, RequestError> {
        check_label(label).map_err(|message| RequestError::Refused { status: 422, message })?;
        patiently(|| self.services.set_rendered_map_index(self.workload, label)).await?;
        Ok(Answer::Empty)
    }
}

fn failed(outcome: &AttemptOutcome) -> bool {
    matches!(outcome, AttemptOutcome::Failed | AttemptOutcome::UpForRetry { .. })
}

async fn send(
    channel: &mut Channel,
    id: u64,
    answer: Answer,
    log_sockets: &mpsc::Sender<UnixStream>,
) -> io::Result<()> {
    match answer {
        Answer::Empty => channel.send(&encode_response(id, None, None)).await,
        Answer::Body(body) => channel.send(&encode_response(id, Some(&body.to_body()), None)).await,
        Answer::Error(error) => {
            let error = ToTask::ErrorResponse(error).to_body();
            channel.send(&encode_response(id, None, Some(&error))).await
        }
        Answer::LogSocket => {
            let (ours, theirs) = UnixStream::pair()?;
            // Whoever reads the logs outlives the conversation.
            let _ = log_sockets.send(ours).await;
            let body = ToTask::SentFDs { fds: vec![0] }.to_body();
            let theirs = theirs.into_std()?;
            theirs.set_nonblocking(false)?;
            channel.send_with(&encode_response(id, Some(&body), None), theirs.as_fd()).await
        }
    }
}

/// Asks until there is an answer, but not for ever. Connections and variables need this most: the
/// SDK reports a failed look-up of them as "not found" (protocol 1.7).
pub(crate) async fn patiently<T, F>(mut ask: impl FnMut() -> F) -> Result<T, RequestError>
where
    F: Future<Output = Result<T, RequestError>>,
{
    let (mut pause, mut waited) = (PAUSE_MIN, Duration::ZERO);
    loop {
        match ask().await {
            Err(RequestError::Unavailable { .. }) if waited < PATIENCE => {
                sleep(pause).await;
                waited += pause;
                pause = (pause * 2).min(PAUSE_MAX);
            }
            answer => return answer,
        }
    }
}
